// Distances in time go on while the page is open: "in 3 h 12 min".

export function startTimes() {
  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-distance]")) tell(time);
  }, 1000);
}

function tell(time) {
  const seconds = Math.trunc((Date.parse(time.dateTime) - Date.now()) / 1000);
  const length = duration(Math.abs(seconds));
  const words = length === "" ? "now" : seconds > 0 ? `in ${length}` : `${length} ago`;
  if (time.textContent !== words) time.textContent = words;
}

export function duration(seconds) {
  if (seconds < 60) return seconds ? `${seconds} s` : "";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return two(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "min");
  const days = Math.floor(seconds / 86400);
  return two(days, days === 1 ? "day" : "days", Math.floor((seconds % 86400) / 3600), "h");
}

function two(large, largeUnit, small, smallUnit) {
  return `${large} ${largeUnit}${small ? ` ${small} ${smallUnit}` : ""}`;
}
