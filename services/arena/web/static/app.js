// What every page gets.
import { startKeys } from "./keys.js";
import { startModules } from "./modules.js";
import { startOffline } from "./offline.js";
import { startTimes } from "./times.js";

startKeys();
startOffline();
startTimes();
startModules(document);
