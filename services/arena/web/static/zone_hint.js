// Days are counted in UTC: worth a word only to who lives elsewhere.

export function start(notice) {
  notice.hidden = ["UTC", "Etc/UTC", "GMT"].includes(Intl.DateTimeFormat().resolvedOptions().timeZone);
}
