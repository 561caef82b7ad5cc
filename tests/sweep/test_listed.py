"""Which studies are listed, and for whom."""

from optuna.storages import BaseStorage

from mnist_core.runs.users import SERVER
from mnist_core.sweep.listed import listed_studies, studies_of
from mnist_core.sweep.study import create_study, job_text
from tests.helpers.studies import sweep


def test_a_hidden_study_is_seen_by_its_user_and_who_administers(storage: BaseStorage) -> None:
    study = create_study(sweep(), storage, user="ada")
    study.set_user_attr("job.1", job_text("somebody"))
    (listed,) = listed_studies(storage)
    assert (listed.user, listed.hidden) == ("ada", False)
    assert [listed.seen_by(user) for user in ("ada", "bob", SERVER)] == [True] * 3
    study.set_user_attr("hidden", True)
    (listed,) = listed_studies(storage)
    assert [listed.seen_by(user) for user in ("ada", "bob", SERVER)] == [True, False, True]
    assert studies_of(["1"], storage) == ["a hidden sweep"]  # what trains is no secret
    assert studies_of(["2"], storage) == []
