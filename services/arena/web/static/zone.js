// The time zone of this browser, for a new account.

export function start(input) {
  input.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
