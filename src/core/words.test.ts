import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileWordGlob, isWordGlob, rootOf, sameWord, wordGlobProblem, wordsOf } from "./words.js";

/** In each line all words are the same. */
const SAME = `
  email emails emailed emailing mail mails mailed mailing Email MAIL
  order orders ordered ordering
  deploy deploys deployed deploying deployment deployments
  delete deletes deleted deleting deletion deletions
  pay pays paid paying payment payments
  buy buys buying bought
  sell sells selling sold
  send sends sending sent
  write writes writing wrote written writer
  make makes making made
  run runs running ran
  read reads reading
  go goes going went gone
  get gets getting got gotten
  spend spends spending spent
  take takes taking took taken
  give gives giving gave given
  do does doing did done
  put puts putting
  withdraw withdraws withdrawing withdrew withdrawn withdrawal withdrawals
  draw draws drawing drew drawn
  begin begins beginning began begun
  break breaks breaking broke broken
  choose chooses choosing chose chosen
  speak speaks speaking spoke spoken
  steal steals stealing stole stolen
  transmit transmits transmitting transmitted transmission transmissions
  remove removes removed removing removal removals
  approve approves approved approving approval approvals
  cancel cancels canceled cancelled canceling cancelling cancellation cancellations
  create creates created creating creation
  modify modifies modified modifying modification modifications
  publish publishes published publishing publication publications
  execute executes executed executing execution executions
  purchase purchases purchased purchasing
  book books booked booking bookings
  trade trades traded trading trader traders
  transfer transfers transferred transferring transferral
  refund refunds refunded refunding
  notify notifies notified notifying notification notifications
  subscribe subscribes subscribed subscribing subscription subscriptions
  register registers registered registering registration registrations
  migrate migrates migrated migrating migration migrations
  translate translates translated translating translation translations translator
  install installs installed installing installation installations
  transact transacts transaction transactions
  insert inserts inserted inserting insertion insertions
  submit submits submitted submitting submission submissions
  research researches researched researching researcher researchers
  analyze analyse analyzes analyzed analyzing analysis analyses analyst
  summarize summarise summarizing summary summaries
  authorize authorise authorizing authorization authorisation authorizations
  schedule schedules scheduled scheduling scheduler
  plan plans planned planning planner
  price prices priced pricing
  invoice invoices invoiced invoicing
  bill bills billed billing
  sync syncs synced syncing synchronize synchronizing synchronization
  ship ships shipped shipping shipment shipments
  deliver delivers delivered delivery deliveries delivering
  recover recovers recovered recovery recovering
  retrieve retrieves retrieved retrieval retrieving
  enroll enrolls enrol enrolled enrolling enrollment enrolment
  invest invests invested investing investment investments
  cache caches cached caching
  paste pastes pasted pasting
  format formats formatted formatting
  log logs logged logging
  archive archives archived archiving
  guide guides guided guiding
  route routes routed routing
  issue issues issued issuing issuance
  queue queues queued queuing
  agree agrees agreed agreeing agreement
  copy copies copied copying
  try tries tried trying
  die dies died dying
  overwrite overwrites overwrote overwritten overwriting
  process processes processed processing
  address addresses addressed addressing
  access accesses accessed accessing
  box boxes
  batch batches batched batching
  tax taxes taxed taxing
  database databases
  response responses
  license licenses licensed licensing
  release releases released releasing
  lease leases leased leasing
  use uses used using
  status statuses
  bus buses
  bonus bonuses
  alias aliases
  person people persons
  child children
  man men
  woman women
  mouse mice
  index indexes indices
  matrix matrices
  criterion criteria
  company companies
  city cities
  movie movies
  cookie cookies
  key keys
  id ids
  ad ads
  api apis
  kpi kpis
  menu menus
  photo photos
  video videos
  hero heroes
  customer customers
  user users
  server servers
  message messages messaged messaging
  file files filed
  list lists listed
  set sets
  rate rates rated
  setting settings
  listing listings
  rating ratings
  string strings
  thing things
  ping pings pinged pinging
  feed feeds feeding
  need needs needed needing
  seed seeds seeded seeding
  quiz quizzes quizzing
  label labels labeled labelled labeling labelling
  travel travels traveled travelled travelling
  focus focuses focused focusing
  debug debugs debugged debugging
  exchange exchanges exchanged exchanging
  hang hangs hung hanging
  bring brings brought bringing
  close closes closed closing
  encode encodes encoded encoding
  validate validates validated validating validation
  require requires required requiring
  acquire acquires acquired acquiring acquisition
  monitor monitors monitored monitoring
  edit edits edited editing
  audit audits audited auditing
  visit visits visited visiting
  invite invites invited inviting invitation invitations
  vote votes voted voting
  upvote upvotes upvoted upvoting
  escape escapes escaped escaping
  develop develops developed developing
  restore restores restored restoring restoration
  store stores stored storing
  scrape scrapes scraped scraping scraper
  scrap scraps scrapped scrapping
  strip strips stripped stripping
  stripe stripes striped striping`;

/** Two words a line, or one word against several: `use: user useful`. */
const DIFFERENT = `
  use: user us useful usual fuse usage reuse
  user: used using usher
  server: serve servant service
  serve: service sever several
  order: ord border reorder orderly disorder
  number: numb
  customer: custom customs customize
  custom: customs costume
  container: contain
  paper: pape
  letter: let
  charge: charger recharge char
  transfer: trans transform
  post: poster postal posture poste posit position
  import: important importance imp port
  export: expert port
  lease: release please leas
  release: relief lease
  act: action actor active fact
  action: auction act fraction
  news: new newsletter
  new: newest news
  status: stat state static
  state: station stat statement status
  station: stat state stationary
  address: add dress
  access: accessory axis
  process: processor procession
  analysis: anal
  analyst: anal
  bus: business busy
  string: str strong sting
  thing: think thin
  ping: pin pine
  pin: pine
  king: kin
  sing: sin single
  ring: rin
  wing: win
  seed: see
  feed: fee fed
  need: knee nee
  red: read reed
  bed: bee be
  invoice: voice invoke
  series: serious serial serie
  price: prize precise
  read: thread ready already reader
  thread: read threat
  email: emailer mailbox gmail voicemail female
  mail: mailer snail blackmail
  delete: deletable
  plan: plane plant planet
  plane: plan
  star: stare start
  car: care card cargo
  care: car careful
  hop: hope
  cap: cape
  tap: tape
  not: note nothing
  sit: site
  rat: rate
  rate: ratio rating
  rating: rate
  set: setting settings settle reset
  list: listing listings listen
  file: filing filings filter
  find: finding findings
  market: marketing marketplace
  account: accounting accountant
  stage: staging
  engine: engineer engineering
  house: housing
  save: savings
  hold: holdings
  head: heading
  time: timing timer
  timer: time
  date: dating data
  cloth: clothes
  good: goods
  mean: means
  miss: missing mission
  even: evening
  morn: morning
  wed: wedding
  hundred: hundr
  embed: bed
  speed: spee
  exceed: excel
  breed: bree
  process: press
  press: pressure express
  pass: past password
  past: paste pass
  test: latest contest testament
  code: codec decode
  cod: code
  mod: mode
  mode: model modem
  win: wine window
  fin: fine
  tub: tube
  cub: cube
  bar: bare
  sale: salt salary
  sell: seller sale
  buy: buyer
  send: sender
  pay: payer payroll payload
  publish: publisher public
  browse: browser
  browser: brow
  drive: driver
  play: player
  count: counter country account
  compute: computer
  print: printer
  view: review interview viewer
  review: view reviewer
  manage: manager
  develop: developer development
  operate: operation operator
  locate: location
  location: local
  describe: description
  define: definition
  connect: connection connector
  collect: collection
  produce: product production
  product: production
  apply: application app
  organize: organization
  organization: organ
  inform: information
  version: verse
  session: sess
  permission: permit
  permit: permission
  mission: permission
  question: quest request
  section: sect
  function: fun
  option: opt
  region: register
  report: port reporter
  support: port
  person: personal personnel
  man: human manual
  woman: man
  lens: len
  canvas: canva
  mars: mar
  gas: ga
  bias: bia
  alias: ali
  analytics: analyze
  windows: wind
  wind: window
  data: date database
  media: medium median
  base: basis bass
  basis: bases
  boss: bos
  class: clash classic
  glass: gloss
  less: lesson
  lesson: less
  trade: tradition trad
  trading: tradition
  research: search
  search: research
  create: crate recreate
  crate: create
  place: replace plate
  replace: place
  move: remove
  remove: move remote
  remote: remove
  approve: prove disapprove
  cancel: cancer
  book: booklet bookmark
  bookmark: mark
  hook: webhook
  webhook: hook
  ticket: tick
  budget: bud
  target: tar
  pocket: pock
  wallet: wall
  deposit: posit
  credit: edit
  edit: credit editor
  upload: load download
  download: upload
  login: log logic
  log: login logic blog
  plugin: plug
  margin: mar
  admin: administer
  begin: being
  being: bin
  begins: bargain
  morning: more
  string: stringent
  hiss: his
  kiss: kit
  focus: focal
  virus: vir
  this: the
  s3: s4
  gpt4: gpt
  tokyo: token`;

const lines = (table: string): readonly string[] =>
  table
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

describe("forms of one word are the same, and other words are not", () => {
  const same = lines(SAME).flatMap((line) => {
    const [first = "", ...others] = line.split(" ");
    return others.map((other): [string, string] => [first, other]);
  });
  const different = lines(DIFFERENT).flatMap((line) => {
    const [first = "", others = ""] = line.split(": ");
    return others.split(" ").map((other): [string, string] => [first, other]);
  });

  test("one word in many forms", () => {
    expect(same.length).toBeGreaterThan(500);
    expect(same.filter(([a, b]) => !sameWord(a, b) || !sameWord(b, a))).toEqual([]);
  });

  test("two words that look alike", () => {
    expect(different.length).toBeGreaterThan(250);
    expect(different.filter(([a, b]) => sameWord(a, b) || sameWord(b, a))).toEqual([]);
  });
});

/** Verbs that tools are named after; those before the bar double their last letter. */
const VERBS = `
  ban beg chat chop clip commit control cut debug drag drop equip fit flag format get grab hit jam kidnap let log map
  occur opt patrol permit pin plan plot plug pop prefer program propel quit quiz recap refer rerun reset rob run scan
  scrap shop shut sit skip slip snap spam split spot step stop strip submit swap tag tap transfer transmit trap trim
  unplug unzip win wrap zip
  |
  abort accept access acquire act activate add address adjust advertise alert allocate allow alter amend analyze announce
  annotate answer append apply approve archive argue arrange ask assess assign attach audit authenticate authorize
  await back bill block book boost bridge browse build bundle burn buy cache calculate call capture change charge check
  claim clean clear click climb clone close coach collect combine comment communicate compare compile complete compose
  compress compute configure confirm connect consume contact continue convert copy correct count crawl create
  credit debit declare decline decode decrease decrypt deduct define delay delegate delete deliver demand deny deploy
  deposit describe design destroy detect develop diagnose dial disable discard disconnect discover dismiss dispatch
  display dispute distribute divide donate download draw drive duplicate echo edit email embed enable encode encrypt
  enforce enroll enter erase escalate estimate evaluate exchange execute exit expand expire explain explore export
  extend extract fail fax fetch fill filter finish fire fix flush follow forecast fork forward freeze fulfill
  fund gather generate grant group guide handle help hide hire hold host identify ignore import improve include increase
  index infer initiate inject insert inspect install invest investigate invite invoice invoke issue join judge jump
  kick kill launch learn lease lend link liquidate load lock look lower mail make manage mark measure mention merge
  message migrate mine mint modify monitor mount move mute name navigate negotiate notify number observe offer
  open order override overwrite own pack park parse paste patch pause pay perform phone pick ping place play poll post
  predict prepare press preview price print process procure produce promote prompt propose protect provide provision
  publish pull purchase purge push query queue raise read reassign rebuild receive recommend reconcile record recover
  recruit redact redeem redirect redo reduce refresh refund register reimburse reject release reload remind remove rename
  render renew rent repair repeat replace reply report request require research resend reserve resize resolve respond
  restart restore restrict resume retrieve retry return reverse review revoke reward rewrite rotate route sample save
  scale schedule score scrape search secure select sell send serve settle share sign simulate sleep solve sort spend
  start steal store stream stripe subscribe suggest summarize suspend sync taste teach tell terminate test throttle toggle
  touch trace track trade train transcribe transform translate treat trigger tune tweet type undo unlock unsubscribe
  update upgrade upload use validate value verify visit void vote wait wake walk warn watch wipe wire withdraw
  withhold work write yield`;

/** Forms that have become nouns of their own. */
const NOUNS = new Set(["finding", "listing", "setting", "rating", "filing", "staging", "timing", "dating"]);

test("every form that the rules of spelling make of a verb is recognised", () => {
  const [doubling = [], plain = []] = VERBS.split("|").map((part) => part.trim().split(/\s+/));
  expect(doubling.length + plain.length).toBeGreaterThan(300);
  const wrong = [...doubling, ...plain].flatMap((verb) =>
    formsOf(verb, doubling.includes(verb)).filter((form) => !NOUNS.has(form) && !sameWord(form, verb)),
  );
  expect(wrong).toEqual([]);
});

function formsOf(verb: string, isDoubling: boolean): readonly string[] {
  const stem = isDoubling ? verb + verb.slice(-1) : verb;
  if (/[^aeiou]y$/.test(verb)) return [`${verb.slice(0, -1)}ies`, `${verb.slice(0, -1)}ied`, `${verb}ing`];
  if (/[^e]e$/.test(verb)) return [`${verb}s`, `${verb}d`, `${verb.slice(0, -1)}ing`];
  const third = /(?:s|x|z|ch|sh|o)$/.test(verb) ? `${isDoubling ? stem : verb}es` : `${verb}s`;
  return [third, `${stem}ed`, `${stem}ing`];
}

describe("roots", () => {
  const parts = [
    "a",
    "b",
    "e",
    "i",
    "g",
    "n",
    "s",
    "ed",
    "ing",
    "ies",
    "es",
    "y",
    "tt",
    "u",
    "Q",
    "é",
    "ß",
    "7",
  ];
  const word = fc.oneof(
    fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((all) => all.join("")),
    fc.string({ unit: "grapheme", maxLength: 40 }),
  );

  test("a root is its own root, and case does not matter", () => {
    fc.assert(
      fc.property(word, (text) => {
        expect(rootOf(rootOf(text))).toBe(rootOf(text));
        expect(sameWord(text, text)).toBe(true);
        expect(rootOf(text.toLowerCase())).toBe(rootOf(text));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ["emails", "email"],
    ["mailing", "email"],
    ["deployments", "deploy"],
    ["running", "run"],
    ["trading", "trade"],
    ["companies", "company"],
    ["Bought", "buy"],
    ["constructor", "constructor"],
    ["__proto__", "__proto__"],
    ["", ""],
    ["Straße", "straße"],
    ["s3", "s3"],
    ["ings", "ing"],
    ["eds", "eds"],
  ])("the root of %j is %j", (text, root) => {
    expect(rootOf(text)).toBe(root);
  });

  test("a very long word is taken as it is", () => {
    expect(rootOf(`${"a".repeat(1_000_000)}ing`)).toHaveLength(1_000_003);
  });
});

test.each<[string, readonly string[]]>([
  ["send_email", ["send", "email"]],
  ["sendEmail", ["send", "email"]],
  ["sendHTTPRequest", ["send", "http", "request"]],
  ["HTTPServer", ["http", "server"]],
  ["list_userIDs", ["list", "user", "ids"]],
  ["getURLsOfPage", ["get", "urls", "of", "page"]],
  ["thisIsAString", ["this", "is", "a", "string"]],
  ["email2", ["email2"]],
  ["S3Upload", ["s3", "upload"]],
  ["gpt-4o.chat/now", ["gpt", "4o", "chat", "now"]],
  ["überweisungSenden", ["überweisung", "senden"]],
  ["ÜberÄnderung", ["über", "änderung"]],
  ["u\u0308ber", ["über"]],
  ["ｅｍａｉｌ", ["email"]],
  ["\u{1f4e7}send\u2009it\u2026", ["send", "it"]],
  ["__", []],
  ["", []],
])("the words of %j are %j", (name, words) => {
  expect(wordsOf(name)).toEqual(words);
});

describe("a glob that asks for words", () => {
  test.each([
    ["~email", "send_email", true],
    ["~email", "sendEmails", true],
    ["~email", "email.send", true],
    ["~email", "EMAIL-send", true],
    ["~email", "emailing", true],
    ["~email", "send_mail", true],
    ["~email", "send_e-mail", true],
    ["~email", "sendEMail", true],
    ["~email", "email2", true],
    ["~email", "emailer_stats", false],
    ["~email", "gmail_send", false],
    ["~mail", "emails", true],
    ["~e-mail", "send_email", true],
    ["~emails", "send_email", true],
    ["~EMAIL", "send_email", true],
    ["~order", "place_orders", true],
    ["~order", "border_check", false],
    ["~order", "reorder", false],
    ["~read", "thread", false],
    ["~delete file", "delete_file", true],
    ["~delete file", "files/deleting", true],
    ["~delete file", "fileDeletion", true],
    ["~delete file", "delete_folder", false],
    ["~delete file", "file", false],
    ["~delete_file", "FileDeleter", false],
    ["~set", "change_settings", false],
    ["~setting", "set_price", false],
    ["~github", "createGitHubIssue", true],
    ["~GitHub", "github_push", true],
    ["~paypal", "PayPal.refund", true],
    ["~gpt", "gpt4", true],
    ["~gpt4", "gpt-4-turbo", true],
    ["~gpt4", "gpt4o", true],
    ["~gpt4", "gpt-3", false],
    ["~s3", "S3Upload", true],
    ["~s3", "s4", false],
    ["~research", "research_agent/helper", true],
    ["~research", "lab/ResearcherBot", true],
    ["~research", "search_agent", false],
    ["~überweisung", "ÜBERWEISUNG_senden", true],
    ["~id", "list_userIDs", true],
    ["~production", "Deploy to production, please", true],
    ["~production", "prod", false],
    ["~email", "", false],
    ["~constructor", "send_email", false],
    ["~ email  send ", "send_email", true],
  ])("%j on %j: %s", (pattern, text, expected) => {
    expect(isWordGlob(pattern)).toBe(true);
    expect(compileWordGlob(pattern)(text)).toBe(expected);
  });

  test.each([
    "email",
    "\\~email",
    "~/notes",
    "~/**",
    "~",
    "~ ",
    "~_",
    "~email*",
    "~a/b",
    "~a?",
    "~\\",
    "~~a",
    "~a\u2026",
    "",
  ])("%j asks for no words", (pattern) => {
    expect(isWordGlob(pattern)).toBe(false);
  });

  test("what begins with a tilde and is neither words nor a path is a mistake", () => {
    for (const fine of ["~a", "~a b", "~a_b-c", "~/", "~/x*", "a~", "\\~", "", "~s3", "~日本"]) {
      expect([fine, wordGlobProblem(fine)]).toEqual([fine, null]);
    }
    for (const empty of ["~", "~ ", "~__", "~*", "~?"])
      expect(wordGlobProblem(empty)).toContain("name a word");
    for (const more of ["~a*", "~a/b", "~a.b", "~a\\b"]) expect(wordGlobProblem(more)).toContain("but words");
  });

  test("a name has each of its own words", () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "B", "s", "E", "d", "1", "_", "/", " ", "É", "ing"),
      maxLength: 30,
    });
    fc.assert(
      fc.property(name, (text) => {
        const words = wordsOf(text);
        if (words.length > 0) expect(compileWordGlob(`~${words.join(" ")}`)(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("hostile texts take linear time", () => {
    const matches = compileWordGlob("~email zebra");
    const started = performance.now();
    for (const part of ["aB", "a1", "A", "a", "_", "ing ", "Aa", "é", "\u{1f600}", "mail "])
      expect(matches(part.repeat(100_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
