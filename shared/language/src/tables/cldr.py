"""Makes cldr.txt from CLDR's JSON: npm pack cldr-dates-full@48.2.0, unpack, then
python3 cldr.py package/main > cldr.txt

One line per language without a table of its own, fields separated by tabs:
code, months (12), weekdays (7), days -2..2, units (4), last/this/next week, month, year (9),
ahead, ago, next, this, last, skip, from, to. Lists by `;`, forms by `|`, `*` for any ending.
"""
import json, os, re, sys

OWN = "en fr de es it pt nl pl ru tr ar zh ja yue root und".split()
# What CLDR lacks: words of spans.
FROM = dict(sv="från|från och med|mellan", da="fra|mellem", no="fra|mellom", nb="fra|mellom", fi="alkaen", el="από|απο|μεταξύ", uk="з|від|із", be="з|ад",
            bg="от|между", hr="od|između", sr="од|od", bs="od|između", cs="od|mezi", sk="od|medzi", sl="od|med", ro="de la|din|între", hu="", vi="từ|giữa",
            ko="부터|에서|일부터|월부터", hi="से", id="dari|antara", ms="dari|antara", he="מ|בין", ca="del|des del|de|entre", fa="از|بین", fi2="", et="alates", lt="nuo", lv="no")
TO = dict(sv="till|till och med|t o m", da="til", no="til", nb="til", fi="asti|saakka", el="έως|μέχρι|ως|εως", uk="до|по", be="да|па", bg="до", hr="do", sr="до|do",
          bs="do", cs="do|až", sk="do|až", sl="do", ro="până la|pana la|până în|la", hu="", vi="đến|tới", ko="까지|일까지|월까지", hi="तक", id="sampai|hingga", ms="hingga|sehingga",
          he="עד", ca="al|fins al|a", fa="تا", et="kuni", lt="iki", lv="līdz")
SKIP = dict(sv="den|d|på|i", da="den|d|på|i", no="den|på|i", nb="den|på|i", el="στις|τις|την|του|της|στην|ο|η", uk="в|у|на|року|р", hr="u|na", cs="v|ve|dne",
            ro="pe|în|luna", hu="a|az", vi="ngày|vào|năm|tháng", ko="에|의", hi="को|के|में", id="pada|tanggal", he="ב|ה", ca="el|de|d|del|la", fi="klo", fa="روز|سال|ماه", ka="ს")
KO_DAY = "일|일에|일은|일날|일까지|일부터"


def words(text):
    return [w for w in re.split(r"[\s{}0-9.,\u200f\u200e\u00a0\u202f]+", text.replace("{0}", " ")) if w]


def clean(form):
    return form.replace("|", " ").replace(";", " ").replace("\t", " ").strip().rstrip(".").strip()


def names(node, keys, stem):
    out = []
    for key in keys:
        forms = []
        for kind in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                form = clean(node.get(kind, {}).get(width, {}).get(key, ""))
                if not form or re.fullmatch(r"(M?\d+)", form):
                    continue
                if "가" <= form[0] <= "힣" and len(form) == 1:
                    continue
                stems = stem and width == "wide" and len(form) >= 5 and " " not in form
                # Scripts without spaces are matched by character, never by stem.
                stems = stems and not re.match("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]", form)
                forms.append(form + "*" if stems else form)
                if "\u05d0" <= form[0] <= "\u05ea":
                    forms += ["\u05d1" + form, "\u05d4" + form, "\u05dc" + form]
        out.append("|".join(dict.fromkeys(forms)))
    return out


def relative(fields, unit):
    future, past, unit_words = [], [], []
    name = clean(fields.get(unit, {}).get("displayName", ""))
    node = fields.get(unit, {})
    f = [v for v in node.get("relativeTime-type-future", {}).values()]
    p = [v for v in node.get("relativeTime-type-past", {}).values()]
    fw = {w for v in f for w in words(v)}
    pw = {w for v in p for w in words(v)}
    near = set()
    for v in f + p:
        if re.search(r"[+\u2212-]\s*\{0\}", v):
            continue
        m = re.search(r"\{0\}\s*([^\s{}]+)", v)
        if m:
            near.add(m.group(1).rstrip("."))
    common = fw & pw
    unit_words = (common | near) - {"+", "-"}
    if name and " " not in name:
        unit_words.add(name)
    return unit_words, fw - unit_words, pw - unit_words


def main(folder):
    for code in sorted(os.listdir(folder)):
        if not re.fullmatch(r"[a-z]{2,3}", code) or code in OWN:
            continue
        load = lambda name: json.load(open(f"{folder}/{code}/{name}"))["main"][code]["dates"]
        greg = load("ca-gregorian.json")["calendars"]["gregorian"]
        fields = load("dateFields.json")["fields"]
        months = names(greg["months"], [str(n) for n in range(1, 13)], True)
        if not all(months):
            continue
        weekdays = names(greg["days"], "mon tue wed thu fri sat sun".split(), True)
        days = [clean(fields["day"].get(f"relative-type-{n}", "")) for n in (-2, -1, 0, 1, 2)]
        english = ["", "yesterday", "today", "tomorrow", ""]
        days = ["" if d == e else d for d, e in zip(days, english)]
        units, ahead, ago = [], set(), set()
        for unit in ("day", "week", "month", "year"):
            u, f, p = relative(fields, unit)
            units.append("|".join(sorted(u)) + ("|" + KO_DAY if code == "ko" and unit == "day" else ""))
            ahead |= f
            ago |= p
        named = []
        for unit in ("week", "month", "year"):
            named += [clean(fields[unit].get(f"relative-type-{n}", "")) for n in (-1, 0, 1)]
        which = []
        counted = {w for u in units for w in u.split("|")} | {w for n in named for w in words(n) if n.endswith(w) and " " in n}
        known = {w.lower() for d in weekdays for form in d.split("|") for w in words(form.rstrip("*"))}
        for n in (1, 0, -1):
            found = set()
            for day in "mon tue wed thu fri sat sun".split():
                for w in words(fields.get(day, {}).get(f"relative-type-{n}", "")):
                    if w.lower() not in known and w not in counted and not re.fullmatch(r"[+-]\d*", w) and len(w) > 1:
                        found.add(w)
            which.append("|".join(sorted(found)) if len(found) <= 6 else "")
        literals = set()
        for style in ("full", "long"):
            pattern = greg["dateFormats"][style]
            pattern = pattern if isinstance(pattern, str) else pattern.get("_value", "")
            for quoted in re.findall(r"'([^']*)'", pattern):
                literals.update(words(quoted))
        skip = "|".join(x for x in ["|".join(sorted(literals)), SKIP.get(code, "")] if x)
        out = "no" if code in ("nb", "nn") else code
        row = [out, ";".join(months), ";".join(weekdays), ";".join(days), ";".join(units), ";".join(named), "|".join(sorted(ahead)), "|".join(sorted(ago)),
               *which, skip, FROM.get(code, ""), TO.get(code, "")]
        print("\t".join(row))


main(sys.argv[1])
