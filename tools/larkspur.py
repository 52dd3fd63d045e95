"""Larkspur Robotics on paper: offices, departments with their levels, and a few names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Office:
    name: str
    street: str
    city: str
    state: str
    postal: str
    country: str
    code: str
    language: str
    phone: str
    mobile: str
    locales: tuple[str, ...]


OFFICES = (
    Office(
        "Portland HQ",
        "400 Foundry Way",
        "Portland",
        "Oregon",
        "97201",
        "United States",
        "US",
        "en-US",
        "+1 503 555 01{:02d}",
        "+1 971 555 01{:02d}",
        ("en_US", "es_MX", "en_IN"),
    ),
    Office(
        "Berlin",
        "Ritterspornstraße 8",
        "Berlin",
        "Berlin",
        "10999",
        "Germany",
        "DE",
        "de-DE",
        "+49 30 23125 1{:02d}",
        "+49 171 39200{:02d}",
        ("de_DE", "tr_TR", "fr_FR"),
    ),
    Office(
        "Kraków",
        "ulica Ostróżki 21",
        "Kraków",
        "Lesser Poland",
        "30-001",
        "Poland",
        "PL",
        "pl-PL",
        "+48 12 555 01 {:02d}",
        "+48 600 555 1{:02d}",
        ("pl_PL",),
    ),
    Office(
        "Madrid",
        "Calle de la Espuela 5",
        "Madrid",
        "Madrid",
        "28001",
        "Spain",
        "ES",
        "es-ES",
        "+34 910 555 1{:02d}",
        "+34 600 555 1{:02d}",
        ("es_ES", "pt_BR"),
    ),
    Office(
        "Oslo",
        "Riddersporeveien 3",
        "Oslo",
        "Oslo",
        "0150",
        "Norway",
        "NO",
        "nb-NO",
        "+47 22 55 01 {:02d}",
        "+47 400 55 1{:02d}",
        ("no_NO", "da_DK"),
    ),
    Office(
        "Dublin",
        "12 Delphinium Quay",
        "Dublin",
        "Leinster",
        "D02 X285",
        "Ireland",
        "IE",
        "en-IE",
        "+353 20 910 01{:02d}",
        "+353 20 911 01{:02d}",
        ("en_IE", "en_GB"),
    ),
)
HQ, BERLIN, KRAKOW, MADRID, OSLO, DUBLIN = OFFICES

Level = tuple[tuple[str, ...], int]


@dataclass(frozen=True)
class Department:
    """``levels`` below the chief executive: titles to choose from and how many people."""

    name: str
    group: str
    assigned: bool
    cost_center: str
    offices: tuple[Office, ...]
    levels: tuple[Level, ...]


DEPARTMENTS = (
    Department(
        "Engineering",
        "Engineering",
        True,
        "4100",
        (HQ, BERLIN, KRAKOW, OSLO),
        (
            (("Chief Technology Officer",), 1),
            (("Director of Motion Software", "Director of Perception", "Director of Platform"), 3),
            (("Engineering Lead",), 9),
            (
                (
                    "Senior Software Engineer",
                    "Software Engineer",
                    "Robotics Engineer",
                    "Controls Engineer",
                    "Test Engineer",
                    "Site Reliability Engineer",
                ),
                47,
            ),
            (("Junior Software Engineer", "Working Student", "Engineering Intern"), 12),
        ),
    ),
    Department(
        "Sales",
        "Everyone in Sales",
        True,
        "2100",
        (HQ, DUBLIN, MADRID),
        (
            (("Chief Revenue Officer",), 1),
            (("Regional Sales Lead",), 2),
            (("Account Executive", "Sales Engineer", "Sales Development Representative"), 9),
        ),
    ),
    Department(
        "Product and Design",
        "Product and Design",
        True,
        "4200",
        (HQ, BERLIN),
        (
            (("Chief Product Officer",), 1),
            (("Director of Product", "Director of Design"), 2),
            (("Product Manager", "Product Designer", "User Researcher", "Technical Writer"), 19),
        ),
    ),
    Department(
        "Customer Success",
        "Customer Success",
        True,
        "2300",
        (DUBLIN, MADRID, HQ),
        (
            (("Vice President of Customer Success",), 1),
            (("Customer Success Lead",), 4),
            (("Customer Success Consultant", "Support Engineer", "Onboarding Specialist"), 21),
        ),
    ),
    Department(
        "Marketing",
        "Marketing",
        True,
        "2200",
        (HQ, DUBLIN),
        (
            (("Chief Marketing Officer",), 1),
            (("Brand Lead", "Demand Generation Lead"), 2),
            (("Content Editor", "Event Planner", "Campaign Specialist", "Graphic Designer"), 14),
        ),
    ),
    Department(
        "Finance",
        "Finance",
        True,
        "1100",
        (HQ, DUBLIN),
        (
            (("Chief Financial Officer",), 1),
            (("Controller", "Head of Procurement"), 2),
            (("Accountant", "Financial Analyst", "Buyer", "Payroll Specialist"), 11),
        ),
    ),
    Department(
        "People",
        "People Team",
        True,
        "1200",
        (HQ, BERLIN),
        (
            (("Chief People Officer",), 1),
            (("Talent Lead", "People Operations Lead"), 2),
            (("Recruiter", "People Partner", "Learning Specialist"), 7),
        ),
    ),
    Department(
        "Field Service",
        "Field Service",
        True,
        "3200",
        (HQ, OSLO, MADRID, KRAKOW),
        (
            (("Director of Field Service",), 1),
            (("Service Region Lead",), 3),
            (("Field Service Technician", "Commissioning Engineer"), 15),
        ),
    ),
    Department(
        "Manufacturing",
        "Manufacturing",
        False,
        "3100",
        (KRAKOW, HQ),
        (
            (("Vice President of Manufacturing",), 1),
            (("Plant Director",), 2),
            (("Shift Lead",), 6),
            (("Assembly Technician", "Machinist", "Quality Inspector", "Warehouse Specialist"), 35),
        ),
    ),
    Department(
        "Legal",
        "Legal",
        False,
        "1300",
        (HQ, BERLIN),
        (
            (("General Counsel",), 1),
            (("Counsel", "Paralegal", "Privacy Specialist"), 5),
        ),
    ),
    Department(
        "Information Technology",
        "",
        False,
        "1400",
        (HQ, KRAKOW),
        (
            (("Head of Information Technology",), 1),
            (("Systems Administrator", "Service Desk Specialist", "Network Engineer"), 6),
        ),
    ),
)

# Names that a sample of random ones might leave out, each with its office.
NAMED = (
    ("Łukasz", "Wiśniewski", KRAKOW),
    ("Ñusta", "Ibáñez", MADRID),
    ("Øyvind", "Håkonsen", OSLO),
    ("Zoë", "van der Meer", BERLIN),
    ("Çağla", "Yıldız", BERLIN),
    ("Siobhán", "Ní Bhriain", DUBLIN),
    ("Amara", "Okonkwo", DUBLIN),
    ("Nguyễn", "Thị Hạnh", HQ),
    ("Priya", "Raghunathan", HQ),
    ("Keoni", "Kahananui", HQ),
    ("Leilani", "Begay", HQ),
    ("Ondřej", "Dvořák", KRAKOW),
)
