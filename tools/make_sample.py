"""Make the sample company, Larkspur Robotics, and write it to src/seatkeeper/cli/sample/.

Run by hand when the company shall change; the files it writes are committed,
so nothing here is needed at run time. Seeded: the same faker makes the same
people. All names are invented, the domain is reserved (``.example``), and
telephone numbers lie in ranges kept for fiction where a country has one.
"""

import datetime as dt
import json
import random
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from faker import Faker
from larkspur import BERLIN, DEPARTMENTS, HQ, NAMED, OFFICES, Department, Office

SEED = 20190726
DOMAIN = "larkspur.example"
FOLDER = Path(__file__).resolve().parent.parent / "src/seatkeeper/cli/sample"
FUTURE_START = dt.date(2030, 3, 4)


@dataclass
class Person:
    given: str
    surname: str
    office: Office
    department: Department | None
    title: str
    level: int
    boss: "Person | None"
    user_name: str = ""
    reports: list["Person"] = field(default_factory=list)
    starts: dt.date | None = None
    changes: dict[str, object] = field(default_factory=dict)


class Company:
    """The people, in the order of the reporting line."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.fakers = {name: Faker(name) for office in OFFICES for name in office.locales}
        for number, fake in enumerate(self.fakers.values()):
            fake.seed_instance(SEED + number)
        self.taken: set[str] = set()
        self.named = list(NAMED)
        self.chief = self._person(HQ, None, "Chief Executive Officer", 1, None)
        self.people = [self.chief]
        for department in DEPARTMENTS:
            self._fill(department)
        self.people.sort(key=lambda person: person.level)

    def _fill(self, department: Department) -> None:
        above = [self.chief]
        for depth, (titles, count) in enumerate(department.levels):
            here = []
            for number in range(count):
                boss = above[number % len(above)]
                title = titles[number % len(titles)]
                office = (
                    department.offices[0] if depth == 0 else self.chance.choice(department.offices)
                )
                here.append(self._person(office, department, title, depth + 2, boss))
            self.people += here
            above = here

    def _person(
        self,
        office: Office,
        department: Department | None,
        title: str,
        level: int,
        boss: Person | None,
    ) -> Person:
        given, surname = self._name(office, level)
        person = Person(given, surname, office, department, title, level, boss)
        person.user_name = self._user_name(given, surname)
        if boss is not None:
            boss.reports.append(person)
        return person

    def _name(self, office: Office, level: int) -> tuple[str, str]:
        if level > 3:
            for at, (given, surname, where) in enumerate(self.named):
                if where is office:
                    del self.named[at]
                    return given, surname
        fake = self.fakers[self.chance.choice(office.locales)]
        return fake.first_name(), fake.last_name().split(" ")[0]

    def _user_name(self, given: str, surname: str) -> str:
        local = f"{ascii_of(given)}.{ascii_of(surname)}".replace(" ", "")
        number = 1
        while (name := local if number == 1 else f"{local}.{number}") in self.taken:
            number += 1
        self.taken.add(name)
        return f"{name}@{DOMAIN}"

    def leaves(self, department: str) -> list[Person]:
        """People without reports and without anything special yet, in the order of the file."""
        return [
            person
            for person in self.people
            if person.department
            and person.department.name == department
            and not person.reports
            and not person.changes
        ]

    def one(self, department: str, office: Office | None = None) -> Person:
        found = [p for p in self.leaves(department) if office in (None, p.office)]
        return found[len(found) // 2]


def ascii_of(text: str) -> str:
    special = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "ı": "i", "đ": "d"})
    plain = unicodedata.normalize("NFKD", text.lower().translate(special))
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c in "-' ")).replace("'", "")


def awkward(company: Company) -> dict[str, dict[str, str]]:
    """Give the awkward people what makes them so, and say what shall become of each."""
    found: dict[str, dict[str, str]] = {}

    def expect(person: Person, outcome: str, code: str, why: str) -> None:
        found[person.user_name] = {"outcome": outcome, "code": code, "why": why}

    person = company.one("Field Service")
    person.changes["mail"] = None
    expect(person, "failed", "MissingValues", "Has no e-mail address, and the app requires one.")
    for department in ("Customer Success", "Finance"):
        person = company.one(department)
        person.changes["mail"] = f"billing@{DOMAIN}"
        expect(
            person,
            "failed",
            "DuplicateSourceEntries",
            "Shares an e-mail address with a colleague, and the app allows each only once.",
        )
    person = company.one("Engineering", BERLIN)
    person.given, person.surname = "Björn", "O'Malley-Grüßner"
    person.user_name = f"bjoern.o'malley-gruessner@{DOMAIN}"
    person.changes["spelt"] = True
    expect(
        person,
        "provisioned",
        "Success",
        "Has umlauts and an apostrophe in names and userName; that is no reason to fail.",
    )
    for department in ("Engineering", "Customer Success"):
        person = company.one(department)
        person.changes["accountEnabled"] = False
        expect(
            person,
            "skipped",
            "NotEffectivelyEntitled",
            "Has left: sign-in is blocked, although the group is still assigned.",
        )
    person = company.one("Manufacturing")
    person.changes["assigned"] = None
    expect(
        person,
        "skipped",
        "NotEffectivelyEntitled",
        "Is assigned with Default Access only, which this app leaves out.",
    )
    person = company.one("Engineering")
    person.starts = FUTURE_START
    person.changes["start"] = True
    expect(
        person,
        "provisioned",
        "Success",
        "Starts in the future; the app holds the invitation back until that day.",
    )
    return found


def arrange(company: Company) -> None:
    """A loop in the reporting line, and direct assignments, one below a manager out of scope."""
    first, second = company.leaves("Marketing")[:2]
    first.boss, second.boss = second, first
    first.changes["loop"] = second.changes["loop"] = True
    company.one("Manufacturing").changes["assigned"] = "User"
    company.one("Legal").changes["assigned"] = "User"
    head = next(p for p in company.people if p.title == "Head of Information Technology")
    head.changes["assigned"] = "User"
    for person in company.leaves("Information Technology")[:2]:
        person.changes["assigned"] = "User"


def row(person: Person, number: int, chance: random.Random) -> dict[str, object]:
    office = person.office
    usual = dt.date(2012, 1, 2) + dt.timedelta(days=7 * chance.randrange(0, 750))
    start = person.starts or usual
    extension = number % 100
    phone = office.phone.format(extension)
    department = person.department
    cells: dict[str, object] = {
        "userPrincipalName": person.user_name,
        "mail": person.changes.get("mail", person.user_name),
        "mailNickname": person.user_name.split("@")[0],
        "displayName": f"{person.given} {person.surname}",
        "givenName": person.given,
        "surname": person.surname,
        "jobTitle": person.title,
        "department": department.name if department else "Executive",
        "companyName": "Larkspur Robotics",
        "costCenter": department.cost_center if department else "1000",
        "employeeId": f"LR{10_001 + number}",
        "employeeType": "Contractor" if chance.random() < 0.06 else "Employee",
        "employeeHireDate": start.isoformat(),
        "extensionAttribute1": start.strftime("%m/%d/%Y"),
        "userType": "Member",
        "physicalDeliveryOfficeName": office.name,
        "streetAddress": office.street,
        "city": office.city,
        "state": office.state,
        "postalCode": office.postal,
        "country": office.country,
        "usageLocation": office.code,
        "telephoneNumber": phone,
        "businessPhones": [phone],
        "mobile": office.mobile.format(chance.randrange(100)) if chance.random() < 0.6 else None,
        "preferredLanguage": office.language,
        "accountEnabled": person.changes.get("accountEnabled", True),
        "manager": person.boss.user_name if person.boss else None,
    }
    return {name: cell for name, cell in cells.items() if cell is not None}


def groups(company: Company) -> list[dict[str, object]]:
    def group(
        name: str, about: str, members: list[Person], *, assigned: bool = False
    ) -> dict[str, object]:
        names = [person.user_name for person in members]
        return {"displayName": name, "description": about, "assigned": assigned, "members": names}

    people = company.people
    found = [
        group(
            d.group,
            f"Everybody who works in {d.name}.",
            [p for p in people if p.department is d],
            assigned=d.assigned,
        )
        for d in DEPARTMENTS
        if d.group
    ]
    heads = [
        p
        for p in people
        if p.level == 2 and p.department and (p.department.assigned or p.department.name == "Legal")
    ]
    readers = [
        p
        for p in people
        if p.department and p.department.name in ("Manufacturing", "Marketing", "Engineering")
    ][3::9]
    found += [
        group(
            "Leadership",
            "The chief executive and the heads of departments.",
            [company.chief, *heads],
            assigned=True,
        ),
        group("All of Larkspur", "Everybody.", people),
        group(
            "Berlin Office",
            "Everybody who works in Berlin.",
            [p for p in people if p.office is BERLIN],
        ),
        group("Book Club", "First Thursday of the month.", readers),
    ]
    return found


def main() -> None:
    company = Company()
    expectations = awkward(company)
    arrange(company)
    chance = random.Random(SEED + 1)
    rows = [row(person, number, chance) for number, person in enumerate(company.people)]
    direct = [
        {"userPrincipalName": p.user_name, "role": p.changes["assigned"]}
        for p in company.people
        if "assigned" in p.changes
    ]
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(cells, ensure_ascii=False) + "\n" for cells in rows)
    (FOLDER / "people.jsonl").write_text(lines, encoding="utf-8")
    write("groups.json", {"groups": groups(company), "direct": direct})
    write("expectations.json", expectations)


def write(name: str, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
