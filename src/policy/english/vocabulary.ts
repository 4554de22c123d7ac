import { NUMBER_WORDS, UNIT_WORDS } from "./numbers.js";
import { wordSet, words } from "./words.js";

/** Who acts. */
export const AGENT_NOUNS = words("agent caller source bot actor assistant strategy robot");
/** Who acts, in the plural. */
export const AGENT_PLURALS = words("agents callers sources bots actors assistants strategies robots");
/** Types of action. */
export const TOOL_NOUNS: readonly string[] = ["tool", "series", "endpoint", "function", "market", "api"];
export const TOOL_PLURALS: readonly string[] = ["tools", "endpoints", "functions", "markets", "apis"];

/** Nouns that a tag of the same name tells of an action. */
export const TAG_NOUNS: Readonly<Record<string, string>> = {
  ...{ recipient: "recipient", addressee: "recipient", user: "user", customer: "customer", tenant: "tenant" },
  ...{ model: "model", domain: "domain", host: "host", account: "account", session: "session" },
  ...{ conversation: "conversation", thread: "thread", task: "task", job: "job", run: "run" },
  ...{ project: "project", team: "team", organization: "organization", organisation: "organization" },
  ...{ channel: "channel", region: "region", environment: "environment", wallet: "wallet" },
  ...{
    ticket: "ticket",
    client: "client",
    website: "website",
    site: "site",
    contact: "contact",
    person: "person",
  },
};
/** The same in the plural. */
export const TAG_PLURALS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(TAG_NOUNS).map(([noun, tag]) => [noun === "person" ? "people" : `${noun}s`, tag]),
);
/** Tags that stand for something with an end of its own, so that a limit on one needs no window. */
export const EPISODES = wordSet("run session conversation thread task job");

/** What an action is called when nothing is said about its type. */
export const ACTION_NOUNS = words("action call request operation invocation attempt");
export const ACTION_PLURALS = words("actions calls requests operations invocations attempts");
/** Words before those that do not narrow them. */
export const IDLE_QUALIFIERS: ReadonlySet<string> = new Set(["tool", "api", "function", "agent"]);

/** Verbs that say only that an action happens; the noun after them says which. */
export const LIGHT_VERBS = wordSet(`
  make makes making made place places placing placed do does doing done perform performs performing
  performed run runs running execute executes executing executed use uses using used call calls calling
  called invoke invokes invoking invoked issue issues issuing issued start starts starting started
  launch launches launching conduct conducts conducting initiate initiates initiating attempt attempts
  attempting take takes have handle handles serve serves
`);

/** Verbs that tools are named after; after `or` one of them begins a new phrase. */
export const TOOL_VERBS = wordSet(`
  send read write delete drop create update edit remove search fetch get post put buy sell trade
  transfer withdraw deposit pay refund book cancel deploy publish release merge push pull commit install
  uninstall upload download export import copy move rename list query browse click type open close
  submit email mail call text message notify invite share grant revoke approve reject sign order
  purchase charge wire swap stake bridge mint burn truncate wipe format reboot restart shutdown scrape
  crawl login register subscribe unsubscribe modify change overwrite reset provision terminate scale
  migrate rollback execute exec run
`);

/** What is sent by sending it: "send emails" is about emails. */
export const MESSAGES = wordSet(`
  email message text sms notification notify invite invitation reminder remind newsletter letter fax
`);

/** Adverbs look alike; these words do not. */
export const NO_ADVERBS = wordSet(`
  reply supply apply assembly family anomaly ally rally fly multiply july italy bully tally comply imply
  rely
`);

/** What is run by running it: `run_code`, `execute_command`. */
export const RUNNABLES = wordSet(`
  code script command query shell program bash sql python javascript software file
`);

/** What a signal is called. */
export const SIGNAL_NOUNS = wordSet(`
  feed heartbeat price prices data stream quote quotes ticker clock sensor sensors update updates status
  connection signal tick ticks telemetry beat ping candles orderbook book metrics metric latency
  volatility reading readings temperature news input inputs
`);

/** People by what they do, who are no agents by their names alone. */
export const ROLES = wordSet(`
  desk team ops intern analyst trainee junior senior support sales marketing finance devops sre hr legal
  billing research scout pilot copilot swarm crew admin supervisor
`);

/** Before an agent, these name none. */
export const NO_QUALIFIERS = wordSet(`
  main default certain old current given said named particular specific relevant respective best worst
  fastest slowest only looping
`);

/** Adjectives that name no amount and no name: what they mean, only the reader knows. */
export const VAGUE = wordSet(`
  many few several some most much little lots numerous excessive excessively large larger huge big small
  tiny expensive cheap costly reasonable reasonably normal typical usual unusual suspicious dangerous
  risky harmful sensitive important critical bad good wrong strange weird unknown untrusted trusted
  unsafe safe frequent frequently often rarely sometimes occasionally quickly fast slow slowly roughly
  approximately around about nearly almost approx circa couple handful enough sufficient appropriate
  necessary needed soon recently lately heavy light high low higher lower maybe perhaps probably usually
  generally mostly destructive irreversible external internal personal private confidential malicious
  average mean median useful useless purpose demand hold failed failing successful paid free duplicate
  stupid crazy silly
`);

/** Places that a deployment goes to: a name of an environment is no part of a type of action. */
export const ENVIRONMENTS = wordSet("production prod staging live test dev development sandbox");

/** The governor itself, which no rule is about. */
export const OURSELVES = wordSet(`
  rein governor policy policies rule rules audit logging log logs guard guards guardrail guardrails
  safety check checks instruction instructions
`);

/** Words that hold a sentence together: none of them can be part of a plain name. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...NUMBER_WORDS,
  ...UNIT_WORDS,
  ...words(`
    month months year years today tonight tomorrow yesterday now daily hourly weekly monthly yearly
    annual annually midnight noon weekday weekdays weekend weekends monday tuesday wednesday thursday
    friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays calendar
    rolling utc a an the this that these those each every any all no none both neither either another
    other others same such single individual whole entire of to in on at by for from with without within
    per over under above below between during after before until till through throughout across against
    into onto via than as beyond past since outside inside around about up down and or nor but if when
    whenever while once unless except excluding apart including where which who whom whose what because
    so then else otherwise instead not never only ever always least most more less fewer maximum minimum
    max min total together combined overall altogether also just even still too may might can could must
    should shall will would need needs let lets is are was were be been being has have had do does did
    's it its they them their he she you your we us our me my i itself themselves himself own token
    tokens credit credits point points dollar dollars usd cent cents euro euros eur bucks buck gbp yen
    jpy cap caps limit limits limited allow allows allowed permit permitted block blocks forbid
    forbidden halt halts stop stops pause pauses kill kills ask require requires alert alerts warn
    detect deny denied refuse refused reject rejected prohibit prohibited ban banned prevent restrict
    restricted throttle exceed exceeds exceeded exceeding percent percentage x ignore disregard override
    please approval approve human operator someone somebody everyone everybody anyone anybody nobody
    nothing anything everything something things thing row consecutive consecutively spend spends
    spending spent lose loses losing lost loss losses drawdown balance runaway ones burst bursts
    bursting shadow regime baseline concurrent concurrently simultaneous simultaneously parallel fail
    fails failed failure failures error errors excepting starting beginning starts begins named called
    containing contains matching appear appears takes take longer older worth costing costs cost new
    times time makes make run runs running sends gets uses places keeps keep repeats repeat unlimited
    size amount value making sending non first second third fourth fifth sixth seventh eighth ninth
    tenth last next again larger bigger smaller greater higher lower cheaper goes go acts falls fall
    drops reaches hits becomes happen happens occur occurs brings
  `),
]);
