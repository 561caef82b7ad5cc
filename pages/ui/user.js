// Keeps whose the browser is, for more than a year from the last visit on. See user.py.

const LASTS = 400 * 24 * 3600; // s; browsers keep a cookie no longer

export default ({ data, setStateValue }) => {
  const kept = document.cookie.split("; ").find((one) => one.startsWith(`${data.cookie}=`));
  const secret = kept?.slice(data.cookie.length + 1) || data.secret;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie =
    `${data.cookie}=${secret}; Path=/; Max-Age=${LASTS}; SameSite=Strict${secure}`;
  if (secret !== data.secret) setStateValue("met", secret);
};
