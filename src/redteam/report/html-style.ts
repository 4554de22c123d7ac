/** How the page looks: the reader's fonts and light or dark; nothing is loaded. */
export const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --panel: #f6f8fa; --good: #116329; --bad: #a40e26; --warn: #7d4e00; --with: #0550ae; --without: #bc4c00; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #30363d;
  --panel: #161b22; --good: #56d364; --bad: #ff7b72; --warn: #e3b341; --with: #79c0ff; --without: #ffa657; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; } h3 { font-size: 1rem; margin: 0; }
p { margin: .3rem 0; } code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
a { color: var(--with); } .soft { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); }
.warn { color: var(--warn); } .verdict { font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; padding: 0; }
.figures div { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; min-width: 9rem; }
.figures dt { color: var(--soft); font-size: .85rem; } .figures dd { margin: 0; font-size: 1.4rem; font-weight: 600; }
.figures small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; color: var(--soft); padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; } tbody th { font-weight: 500; } .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.attacks { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(32rem, 100%), 1fr)); gap: 1rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0; }
figure { margin: .6rem 0; } figcaption { font-size: .8rem; color: var(--soft); } svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; } svg path { fill: none; } .grid { stroke: var(--line); }
.tolerable { stroke: var(--soft); stroke-dasharray: 2 4; } svg .area { fill: var(--with); opacity: .15; }
.with { stroke: var(--with); stroke-width: 2.5; } .without { stroke: var(--without); stroke-width: 2; stroke-dasharray: 7 4; }
.key-with { color: var(--with); font-weight: 600; } .key-without { color: var(--without); font-weight: 600; }
summary { cursor: pointer; } li { margin: .2rem 0; }
@media print { body { max-width: none; } article { break-inside: avoid; } }
`;
