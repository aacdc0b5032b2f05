"""Re-run a bill from its data file: python3 rerun_bill.py bill.json. Prints OK, or the first row that doesn't tie."""

import hashlib
import json
import sys


def need(holds, row, why):
    holds or sys.exit(f"FAILED {row}: {why}")


def shown_wh(frame, name):  # of a DL/T 645 answer, 68 address 68 C L data+33H checksum 16: four BCD bytes
    skip = {0x91: 4, 0xB1: 4, 0x81: 2, 0xA1: 2}.get(frame[8] if len(frame) > 15 else 0)
    whole = skip and frame[7] == 0x68 and frame[-1] == 0x16 and len(frame) == 12 + frame[9]
    need(whole and sum(frame[:-2]) % 256 == frame[-2], name, "the raw frame is damaged")
    digits = bytes((byte - 0x33) % 256 for byte in frame[10 + skip : 14 + skip])[::-1].hex()
    return int(digits) * 10 if digits.isdecimal() else need(False, name, "the frame has no register")


with open(sys.argv[1], "rb") as file:
    bill = json.load(file)
rows, ends, last, decoded = {row["content"][0]: row["content"] for row in bill["transfers"]}, {}, {}, 0
for row in bill["transfers"]:  # each row's hash covers the one before it
    said = [bill["table"], row["position"], *row["content"]]
    said = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(bytes.fromhex(row["previous"]) + said).hexdigest()
    need(digest == row["hash"], row["content"][0], "its hash does not fit")
for e in bill["entries"] + bill["elsewhere"]:  # registers x price, what is below a micro-yuan carried on
    name, wrap, frame = e["entry"], 10**9 * e["ratio"], bytes.fromhex(e["frame"]).lstrip(b"\xfe")
    carried = last["carried_after_nano"] if last.get("entry") == e["follows"] else e["carried_before_nano"]
    for place, (bucket, unit, amount, _) in enumerate(e["lines"]):
        row, ours = rows.get(f"{name}/{place}", "    "), f"customer:{e['account']}:{bucket}:{unit}"
        moved = row[3] * ((row[2] == ours) - (row[1] == ours)) if e["is_booked"] else amount
        need(e["account"] != bill["account"] or moved == amount, name, "it is booked otherwise")
    last, start, end = e, e["register_from_wh"], e["register_to_wh"]
    kwh, yuan = (-sum(line[2] for line in e["lines"] if line[1] == unit) for unit in ("kwh", "yuan"))
    due = (e["energy_wh"] - kwh) * (e["price"] or 0) + carried - yuan * 1000 - e["carried_after_nano"]
    need(due == 0 or e["kind"] != "consumption", name, "energy x price is not the amount")
    if e["kind"] == "consumption" and end is not None:
        was, before = (start, 0) if e["begins"] else ends.get(e["meter"], (start, 0))
        need(start is None or (end - start - e["energy_wh"]) % wrap == 0, name, "not the registers' energy")
        need(start in (None, was), name, "it does not begin at the register before")
        decoded += frame[:1] == b"\x68"  # Modbus frames and typed registers are not decoded
        ahead = (shown_wh(frame, name) * e["ratio"] - end) % wrap if frame[:1] == b"\x68" else 0
        need(before - e["energy_wh"] <= ahead <= wrap // 2, name, "the raw frame shows another register")
        ends[e["meter"]] = end, ahead
for s in bill["sides"]:  # opening + all rows = closing
    moved = sum(row[3] * ((row[2] == s["code"]) - (row[1] == s["code"])) for row in rows.values())
    need(s["opening"] + moved * (1 if s["grows"] == "credit" else -1) == s["closing"], s["code"], "the sum")
print(f"OK {bill['room']} {bill['period']}: {len(rows)} rows, {decoded} frames decoded")
