/** The text that teaches somebody without Affidavit to verify a bundle; a test of ours types its commands as they stand. */
export function bundleReadme(facts: {
  readonly origin: string
  readonly exported: string
  readonly scope: string
  readonly entries: number
  readonly artefacts: number
  /** Artefacts whose bytes were erased before. */
  readonly erased: number
  /** How many time stamps, and certificates that the exporter trusts for them, it has. */
  readonly stamps: number
  readonly anchors: number
  /** Why its own checkpoint has no time stamp though it was to have one; null otherwise. */
  readonly untimed: string | null
  /** How many files with signers' certificates, and how many revocation lists and responses. */
  readonly signers: number
  readonly revocation: number
}): string {
  return `# Evidence of ${facts.origin}

${facts.scope}: ${facts.entries} ledger entries and the raw bytes of ${facts.artefacts} artefacts, exported ${facts.exported} by Affidavit. With it at hand, \`affidavit verify\` and this folder's name do all that follows and more; \`--replay\` derives the facts again from the raw bytes. You do not need it: bash, \`openssl\` 3 and \`sha256sum\` are enough. Type each block as it stands, in this folder.

| file | what it is |
| --- | --- |
| \`entries.jsonl\` | the entries, one a line, in the very bytes that were hashed into the ledger |
| \`artefacts/\` | raw bytes, each in a file named by its commitment, with its salt beside it |
| \`proofs.json\` | the way from entries up to the root of the ledger (RFC 9162) |
| \`checkpoint.txt\`, \`checkpoints/\` | signed statements of the ledger's size and root (C2SP tlog-checkpoint) |
| \`consistency.json\` | proofs that each earlier checkpoint is the beginning of the newest |
| \`timestamps/\` | RFC 3161 time stamps over checkpoints: \`timestamps/000007-1.tsr\` is over \`checkpoints/000007.txt\` |
| \`ledger-key.txt\` | the key that verifies checkpoints and manifest |
| \`configuration.json\`, \`controls.json\` | what was to be collected and how it is judged, as last recorded in the entries |
| \`certificates/\` | the certificates of the report signer, and in \`time-stamping.pem\` those that the exporter trusts for times |
| \`revocation/\` | revocation lists (\`.crl\`) and OCSP responses (\`.ocsp\`) about those certificates |
| \`bundle.json\` | what this bundle holds, where each list and response is from, and about whom there is none |
| \`manifest.sha256\`, \`manifest.txt\` | the SHA-256 of each file, and the ledger key's signature over that list |

## 1. Is every file the one that was exported?

\`\`\`bash
sha256sum --check --strict --quiet manifest.sha256 && echo "every file is as the manifest says"
\`\`\`

## 2. Did the ledger's key sign the manifest and the checkpoint?

\`\`\`bash
verify="$(mktemp -d)"
{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; cut -d+ -f3- ledger-key.txt | base64 -d | tail -c 32; } > "$verify/key.der"
for note in manifest.txt checkpoint.txt; do
  sed '/^$/,$d' $note > "$verify/text"
  grep '^— ' $note | cut -d' ' -f3 | base64 -d | tail -c 64 > "$verify/signature"
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$verify/key.der" -in "$verify/text" -sigfile "$verify/signature"
done
test "$(sed -n 2p manifest.txt | cut -c1-64)" = "$(sha256sum < manifest.sha256 | cut -c1-64)" && echo "it signed this very manifest"
\`\`\`

It says \`Signature Verified Successfully\` twice. The key is the organisation's only if they gave it to you before, by another way: compare \`ledger-key.txt\`.

## 3. Are the raw bytes those that were committed to?

An entry names its artefacts by commitments: SHA-256 over a salt and the bytes.

\`\`\`bash
for salt in artefacts/*.salt; do
  [ -e "$salt" ] || continue
  name=$(basename "$salt" .salt)
  test "$(cat "$salt" "artefacts/$name.bin" | sha256sum | cut -c1-64)" = "$name" || { echo "$name was altered"; exit 1; }
done
echo "every artefact is the one that was committed to"
\`\`\`
${erasedText(facts.erased)}
## 4. Is an entry in the ledger?

Choose an entry that \`proofs.json\` has. Its leaf hash is SHA-256 over a zero byte and the entry's bytes; each step of its path joins it with the node on its left (\`L\`) or right (\`R\`), numbered from 0 in the list of nodes, as SHA-256 over a one byte and both hashes. The last hash must be the checkpoint's root.

\`\`\`bash
entry=$(grep -o '^{"entry":[0-9]*' proofs.json | head -n 1 | cut -d: -f2)
hash=$({ printf '\\0'; grep "\\"sequence\\":$entry,\\"slot\\"" entries.jsonl | tr -d '\\n'; } | sha256sum | cut -c1-64)
for step in $(grep "^{\\"entry\\":$entry," proofs.json | grep -o '[LR][0-9]*'); do
  node=$(grep -o '^"[0-9a-f]*"' proofs.json | tr -d '"' | sed -n "$((\${step#?} + 1))p")
  case $step in L*) pair=$node$hash ;; R*) pair=$hash$node ;; esac
  hash=$(printf "$(printf %s "01$pair" | sed 's/../\\\\x&/g')" | sha256sum | cut -c1-64)
done
root=$(sed -n 3p checkpoint.txt | base64 -d | od -An -v -tx1 | tr -d ' \\n')
echo "E-$entry leads to $hash"
echo "the checkpoint: $root"
test "$hash" = "$root"
\`\`\`

## 5. Since when did it exist at the latest?

${timeText(facts)}
## 6. Was a certificate revoked?

${revocationText(facts)}
## What this proves

That these entries and artefacts are as they were when the checkpoint was signed, and that the holder of the ledger's key made this selection. Not that what was collected is true, and not that nothing else was ever collected: the checkpoint states how many entries the ledger has.
`
}

function timeText({
  stamps,
  anchors,
  untimed,
}: {
  readonly stamps: number
  readonly anchors: number
  readonly untimed: string | null
}): string {
  const newest = untimed === null ? '' : ` For the newest, no authority gave one at the export: ${untimed}.`
  if (stamps === 0) {
    return `No time stamp covers these checkpoints: when they were signed is the word of the machine that did it.${newest}\n`
  }
  const whose =
    anchors > 0
      ? '`certificates/time-stamping.pem` holds the certificates that the exporter trusts; whether you do is for you to decide: compare them with what the authority publishes.'
      : 'The exporter named no certificate of the authorities: get theirs where they publish it, and save it as `certificates/time-stamping.pem` first.'
  return `A time-stamping authority states that a checkpoint, and so every entry under it, existed at its time. ${whose}${newest}

\`\`\`bash
for reply in timestamps/*.tsr; do
  name=$(basename "$reply" .tsr)
  openssl ts -verify -data "checkpoints/\${name%-*}.txt" -in "$reply" -CAfile certificates/time-stamping.pem
  echo "checkpoint \${name%-*}: $(sed -n 2p "checkpoints/\${name%-*}.txt") entries,$(openssl ts -reply -in "$reply" -text 2>/dev/null | sed -n 's/^Time stamp:/ stamped/p')"
done
\`\`\`

It says \`Verification: OK\` for each. Where an authority's certificate has ended since, add \`-attime\` with a moment before that, in seconds since 1970.
`
}

function revocationText({
  stamps,
  signers,
  revocation,
}: {
  readonly stamps: number
  readonly signers: number
  readonly revocation: number
}): string {
  if (stamps + signers === 0) return 'The bundle holds no certificate that somebody could revoke.\n'
  if (revocation === 0) {
    return 'The bundle holds neither a revocation list nor an OCSP response: nothing in it says whether the certificate of the report signer or of a time-stamping authority was revoked. Ask the authorities that issued them.\n'
  }
  return `The certificates of the report signer and of those who made the time stamps, and what each list and response says of them that bears its issuer's signature:

\`\`\`bash
work="$(mktemp -d)"
for file in certificates/[0-9]*; do
  [ -e "$file" ] || continue
  openssl x509 -in "$file" -out "$work/$(basename "$file" .pem).certificate"
done
for reply in timestamps/*.tsr; do
  [ -e "$reply" ] || continue
  openssl ts -reply -in "$reply" -token_out -out "$work/token" 2> /dev/null
  openssl pkcs7 -inform DER -in "$work/token" -print_certs -out "$work/chain"
  cat "$work/chain" >> "$work/all"
  openssl cms -verify -noverify -inform DER -in "$work/token" -signer "$work/signer" -out /dev/null 2> /dev/null
  mv "$work/signer" "$work/$(openssl x509 -in "$work/signer" -noout -fingerprint | cut -d= -f2 | tr -d :).certificate"
done
cat certificates/* >> "$work/all" 2> /dev/null || true
awk -v to="$work/issuer" '/BEGIN CERT/ { n++; inside = 1 } inside { print > (to n) } /END CERT/ { inside = 0 }' "$work/all"
for certificate in "$work"/*.certificate; do
  named=$(openssl x509 -in "$certificate" -noout -issuer_hash)
  [ "$(openssl x509 -in "$certificate" -noout -subject_hash)" != "$named" ] || continue
  serial=$(openssl x509 -in "$certificate" -noout -serial | cut -d= -f2)
  echo "$(openssl x509 -in "$certificate" -noout -subject), serial $serial"
  for list in revocation/*.crl; do
    [ -e "$list" ] || continue
    made=$(openssl crl -inform DER -in "$list" -noout -lastupdate | cut -d= -f2)
    openssl crl -inform DER -in "$list" -out "$work/list"
    said=$(openssl verify -partial_chain -CAfile "$work/all" -attime "$(date -d "$made" +%s)" -crl_check -CRLfile "$work/list" "$certificate" 2>&1 || true)
    case $said in
      *': OK') echo "  not revoked, says $list of $made" ;;
      *'certificate revoked'*)
        echo "  revoked, says $list of $made:"
        openssl crl -in "$work/list" -noout -text |
          awk -v serial="$serial" '/Serial Number:/ { on = $3 == serial } /Signature Algorithm:/ { on = 0 } on { $1 = $1; print "    " $0 }' ;;
    esac
  done
  for answer in revocation/*.ocsp; do
    [ -e "$answer" ] || continue
    for issuer in "$work"/issuer*; do
      [ "$(openssl x509 -in "$issuer" -noout -subject_hash)" = "$named" ] || continue
      said=$(openssl ocsp -no_nonce -respin "$answer" -issuer "$issuer" -cert "$certificate" -noverify 2> /dev/null || true)
      made=$(sed -n 's/.*This Update: //p' <<< "$said")
      [ -n "$made" ] || continue
      openssl ocsp -no_nonce -respin "$answer" -issuer "$issuer" -cert "$certificate" -CAfile "$work/all" -partial_chain -attime "$(date -d "$made" +%s)" 2>&1 | grep -q 'Response verify OK' || continue
      echo "  $answer says:"
      sed 's/^[^:]*certificate: /    /; s/^\\t/    /' <<< "$said"
      break
    done
  done
done
\`\`\`

Where nothing follows a certificate, nobody here says whether it was revoked: ask the authority that issued it. A revocation for Unspecified, Affiliation Changed, Superseded or Cessation Of Operation leaves the time stamps good that were made before it; for any other reason, or for none, it takes them all away, since who has the key can date them back (RFC 3161, section 4).
`
}

function erasedText(erased: number): string {
  if (erased === 0) return ''
  return `
The bytes of ${erased} ${erased === 1 ? 'artefact were' : 'artefacts were'} erased before this bundle was made. \`bundle.json\` lists their commitments under \`erased\`, with the number of the entry of kind \`artefact.erased\` that says when and under which policy; that entry is in \`entries.jsonl\`, behind all that refer to them.
`
}
