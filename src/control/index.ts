export type { ControlAnswer, ControlError, HaltInForce, WaitingApproval } from "./answer.js";
export { startWatcher, silentDoorbell } from "./doorbell.js";
export type { Doorbell, SilentDoorbell, WatcherOptions } from "./doorbell.js";
export { Mailbox } from "./mailbox.js";
export type { Mail, MailboxOptions } from "./mailbox.js";
export { newMessage } from "./message.js";
export type { ControlCommand, ControlMessage, ControlSender } from "./message.js";
export { post, waitForAnswer } from "./post.js";
export type { Fate, Posted } from "./post.js";
