"""A lesson in browsers: a teacher makes a link, a pupil follows it, the class's table shows it."""

from playwright.sync_api import Browser, Page, expect

from tests.helpers.browser import arrive, fill, open_tab, settle, watch


def test_from_the_teacher_s_page_to_the_class_s_table(page: Page, browser: Browser) -> None:
    arrive(page, "Teach")
    fill(page, "Title", "How wide?")
    expect(page.get_by_text("What your pupils will see on Train")).to_be_visible()
    fill(page, "Accuracy, %", "50")
    expect(page.get_by_text("50 % on validation")).to_be_visible()
    hidden = page.get_by_role("combobox", name="Pupils do not see these")
    hidden.scroll_into_view_if_needed()  # a list that is open closes when the page is scrolled
    settle(page)
    hidden.click()
    page.get_by_role("option", name="Learning rate", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Not shown: Learning rate")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_test_id("stCode").locator("code")
    expect(link).to_contain_text("/?assignment=")
    expect(page.get_by_text("Nobody has given a name yet")).to_be_visible()

    pupil = open_tab(browser, viewport={"width": 390, "height": 844})
    errors = watch(pupil)
    pupil.goto(link.inner_text())
    expect(pupil.get_by_text("Your goal:")).to_be_visible()
    fill(pupil, "Your name", "Ada")
    expect(pupil.get_by_text("No result yet")).to_be_visible()
    expect(pupil.get_by_label("Learning rate", exact=True)).to_have_count(0)
    pupil.get_by_role("button", name="Start training").click()
    expect(pupil.get_by_text("Goal reached.")).to_be_visible()
    expect(page.get_by_text("1 of 1 reached 50 % on validation.")).to_be_visible()
    pupil.reload()
    expect(pupil.get_by_text("Goal reached.")).to_be_visible()
    expect(pupil.get_by_role("textbox", name="Your name")).to_have_value("Ada")
    pupil.context.close()
    assert errors == []
