import { rootOf } from "../../core/words.js";

/**
 * Words that name what agents do, and to what. A plain word is taken for a part of a tool's name only when it is one of
 * these: an adverb, an adjective or a slip of the pen would make a rule that never applies. Any other word can still be
 * said, between backticks.
 */
const WORDS = `
accept access account action activate ad add address adjust advert advertisement agenda airdrop alarm album allocate amend analyze annotate
announce answer api app append application apply appointment approve archive article assign attach attachment auction audio
authenticate authorize avatar award backfill backup badge ban bank banner basket batch bet bid bill billing bitcoin block blog blogpost board
bond bonus book booking boot bot branch bridge broadcast browse browser bucket build buy cache calculate calendar call campaign
cancel candidate capture car card cart case cash category certificate change channel charge chart chat check checkout claim classify
clean cleanup clear click client clone close cloud cluster code coin collect column command comment commit commodity compile
complaint compute config configuration configure confirm connect connection contact container contract convert copy coupon course crawl create credential
credit crypto currency customer cut dashboard data database dataset deactivate deal debit debug decide decline decrypt delegate delete deletion
deliver delivery demote deploy deployment deposit derivative describe design destroy detach device dial directory disable disburse
disbursement discard disconnect discount discovery disk dispatch dispute distribute dividend dns document doc domain donate donation download draft draw
drive drop edit email embed employee enable encrypt endpoint enroll entry equity erase escalate escalation estimate ether ethereum event evict
exchange execute execution expense experiment export extract faucet fax feature feedback fetch field file fill filter firewall firmware fix
flag flash flight flush folder follow forex fork form format forward freeze ftp function fund future gallery game garbage generate
generation gift github git glob grant graph group guest hire history hook host hotel html http image import inbox index infrastructure
ingest initialize inquiry insert inspect install instance instruction insurance integrate integration interview inventory invest investment invitation
invite invoice invoke issue item job join journal key kubernetes label lambda launch layer lead leave lease ledger lend letter leverage license
lift like limit-order link liquidate liquidation list listing load loan lock login logout lookup machine mail maintain manifest map margin market
marketplace measure meeting member membership memo memory merge message metadata metric migrate migration mint mirror mobile model
modify module monitor mortgage mount move movie music navigate negotiate network newsletter node note notebook notice notification notify
nft oauth object offer onboard open operation optimize option order organization output overwrite package packet page paper parse
partition partner password paste patch path pay payload payment payout payroll pdf permission permit phone photo picture pin ping pipeline
pitch place plan playlist plot plugin pod podcast poll pool portfolio position post posting prescription presentation price print priority
process procure product production profile program project promote promotion property proposal provision proxy publish publication pull
purchase purge push put query question queue quote radio read reboot rebuild receipt recipe recommend reconcile record recruit
redeem redirect reference refund register registration registry reimburse reimbursement reindex reject release reload reminder remind remove removal rename
render renew renewal rent repair repay replace replicate reply report repo repository request reschedule reservation reserve reset resize resolve
resource respond response restart restore resume retrain retrieve retry return revert review revoke reward rollback rotate route row run salary
sale sample sandbox save scan schedule schema scrape screenshot script scroll search secret section security sell send sensor server service
session set settle settlement setup share shell ship shipment shop short shutdown sign signature signup site slack sleep slide slot sms
snapshot social socket software spam-report spreadsheet sql ssh staff stake start statement status stock storage store story stream
strategy submit submission subscribe subscription suggest summarize summary supplier support survey suspend swap switch sync synchronize
system table tag target task tax team template tenant terminal terminate termination test text thread ticket tip title token-transfer
tool topic trace track trade trading train training transact transaction transcribe transfer transform translate translation transport
trash travel treasury trigger trip truncate tune tunnel tutorial tweet type unlink unlock unsubscribe update upgrade upload url user
usage utility vacation validate vault vehicle vendor verify version video view virtual visit visa vm volume vote voucher wager
wallet warehouse warrant watch web webhook webpage website wire withdraw withdrawal wipe workflow workspace write writing yield zip
lookup rollout hosting outreach texting login logins coding shopping hedge hedging arbitrage borrow borrowing lending staking
drug dose dosage medicine patient appointment prescription shipment freight cargo shipping robot arm valve motor heater pump door lock light
camera microphone thermostat drone vote ballot bounty grade exam homework lesson student crawl crawling spider leads pageview
keystroke keypress click-through mouse keyboard window tab cookie selector button checkbox captcha submit xpath pixel
kernel process daemon cron container image registry helm terraform ansible lambda function queue topic partition replica shard index
bash python sql javascript node npm pip apt docker kubectl curl wget grep sed chmod chown sudo rm mv cp
openai anthropic embedding completion inference vector rag chat agent-message
purge wipe unpublish publish tweet retweet dm reel story like follow unfollow mute pin archive
payout paycheck invoice quote estimate proposal contract nda lease deed title escrow wire ach sepa swift
buyback short cover call put straddle spread future swap repo forward spot perp perpetual leverage position hedge
`;

const THINGS: ReadonlySet<string> = new Set(
  WORDS.split(/\s+/)
    .filter((word) => word !== "" && !word.includes("-"))
    .map((word) => rootOf(word)),
);

/** Whether a plain word can be part of a tool's name. */
export function isThing(word: string): boolean {
  return THINGS.has(rootOf(word));
}
