"""Names, streets, towns and telephone ranges of the three countries. All combinations are invented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """What invented people of one country are made of; frequent things first."""

    code: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    nicknames: dict[str, tuple[str, ...]]
    streets: tuple[str, ...]
    towns: tuple[tuple[str, str], ...]
    postcode: Callable[[str, Callable[[int], int]], str]
    phone: Callable[[int], str]

    def place(
        self, below: Callable[[int], int], frequent: Callable[[Sequence[tuple[str, str]]], tuple[str, str]]
    ) -> tuple[str, str]:
        """A town and a postcode of it."""
        town, area = frequent(self.towns)
        return town, self.postcode(area, below)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _nicknames(text: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(short.split(",")) for name, short in (entry.split(":") for entry in text.split())}


def _portuguese_phone(number: int) -> str:
    # No range is set aside for fiction; a run of zeros after a real prefix is plainly made up.
    return f"+3519{(1, 2, 3, 6)[number % 4]}000{number:04d}"


def _british_phone(number: int) -> str:
    # Ofcom keeps 07700 900000 to 900999 for drama.
    return f"+447700900{number % 1000:03d}"


def _american_phone(number: int) -> str:
    # 555-0100 to 555-0199 are kept for fiction in every area code.
    areas = (206, 303, 312, 415, 503, 512, 602, 617, 702, 718)
    return f"+1{areas[number // 100 % 10]}55501{number % 100:02d}"


PORTUGAL = Country(
    code="PT",
    women=_words(
        "Maria Ana Marta Inês Beatriz Catarina Joana Sofia Mariana Leonor Teresa Isabel Margarida Rita Helena Carla "
        "Filipa Raquel Susana Cristina Luísa Madalena Graça Paula Vera Alice Clara Francisca Matilde Lurdes"
    ),
    men=_words(
        "João José António Francisco Pedro Manuel Miguel Rui Tiago Luís Paulo Carlos Nuno Duarte Gonçalo Afonso Tomás "
        "Vasco Ricardo Bruno Jorge Filipe Henrique Eduardo Alexandre Rafael Joaquim Sérgio Hugo Martim"
    ),
    surnames=_words(
        "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Gonçalves Gomes Lopes Marques "
        "Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares Vieira Monteiro "
        "Cardoso Rocha "
        "Neves Coelho Cunha Pires Ramos Reis Simões Antunes Matos Fonseca Morais Baptista Tavares Leal Brandão Falcão"
    ),
    nicknames=_nicknames(
        "Francisco:Chico,Kiko José:Zé António:Tó,Toni Beatriz:Bia Margarida:Guida Manuel:Manel Catarina:Cati "
        "Eduardo:Edu Alexandre:Alex Rafael:Rafa Joaquim:Quim Isabel:Belinha Filipa:Pipa Helena:Lena Cristina:Tina "
        "Madalena:Mada Francisca:Xica,Kika"
    ),
    streets=(
        "Rua das Flores", "Rua do Almada", "Avenida da Boavista", "Rua de Cedofeita", "Travessa do Carmo",
        "Rua da Alegria", "Rua Nova da Estação", "Largo da Fonte", "Rua dos Caldeireiros", "Avenida dos Aliados",
        "Rua do Moinho de Vento", "Praça do Marquês", "Rua da Quinta Velha", "Rua das Oliveiras", "Travessa da Laje",
        "Rua do Sol", "Rua de São Bento", "Calçada do Monte", "Rua da Escola", "Rua dos Pescadores",
    ),
    towns=(
        ("Porto", "40"), ("Lisboa", "11"), ("Vila Nova de Gaia", "44"), ("Braga", "47"), ("Coimbra", "30"),
        ("Aveiro", "38"), ("Matosinhos", "44"), ("Guimarães", "48"), ("Setúbal", "29"), ("Évora", "70"), ("Faro", "80"),
    ),
    postcode=lambda area, below: f"{area}{below(90) + 10}-{below(900) + 100}",
    phone=_portuguese_phone,
)  # fmt: skip

_ENGLISH_NICKNAMES = _nicknames(
    "William:Bill,Will Robert:Bob,Rob Elizabeth:Liz,Beth Katherine:Kate,Kathy Margaret:Maggie,Peg Michael:Mike "
    "James:Jim,Jimmy Thomas:Tom Richard:Rick,Dick Edward:Ed,Ted Susan:Sue Patricia:Pat,Trish Jennifer:Jen,Jenny "
    "Christopher:Chris Andrew:Andy,Drew Daniel:Dan Joseph:Joe Anthony:Tony Samantha:Sam Samuel:Sam Rebecca:Becky "
    "Deborah:Debbie Victoria:Vicky Alexander:Alex Matthew:Matt Nicholas:Nick Stephen:Steve Benjamin:Ben Abigail:Abby"
)

BRITAIN = Country(
    code="GB",
    women=_words(
        "Margaret Susan Elizabeth Sarah Patricia Jennifer Katherine Rebecca Victoria Deborah Helen Claire Emma Alice "
        "Samantha Ruth Hannah Joan Moira Aisha Priya Niamh Bronwen Harriet Abigail Fiona Gwen Lorna Edith Nadia"
    ),
    men=_words(
        "David John Michael James Robert William Thomas Richard Andrew Stephen Christopher Peter Daniel Joseph Anthony "
        "Edward Nicholas Matthew Samuel Benjamin Alexander Graham Owen Callum Imran Arjun Hugh Malcolm Gareth Dominic"
    ),
    surnames=_words(
        "Thornbury Ashworth Pellow Hargreave Whitlock Cresswell Merriman Oakes Penrose Lockhart Fairbairn Kettering "
        "Standish Rowntree Hollis Bramwell Trevanion Galbraith Okonjo Ahmadi Bhattal Sorley Wainscott "
        "Dunmore Pritchett "
        "Ellwood Farrant Greatorex Haversham Ingleby Jessop Kershaw Larkham Mowbray Netherton Ormerod "
        "Quayle Ravensdale "
        "Selwyn Tolland Underhill Vickery Wetherby Yarrow Smith Jones Taylor Brown Patel Evans"
    ),
    nicknames=_ENGLISH_NICKNAMES,
    streets=(
        "Mill Lane", "Church Street", "Harrow Road", "Station Road", "Orchard Close", "The Green", "Kiln Hill",
        "Bridge Street", "Park Avenue", "Weavers Row", "Chapel Lane", "Manor Drive", "Abbey Crescent", "High Street",
        "Foundry Yard", "Vale View", "Priory Terrace", "Lower Wharf", "Beacon Road", "Larch Grove",
    ),
    towns=(
        ("Harrowvale", "HV1"), ("Kilnstead", "HV4"), ("Ottermouth", "OM2"), ("Wexbridge", "WX7"), ("Saltmere", "SM9"),
        ("Upper Loxton", "LX3"), ("Brackenfold", "BF5"), ("Dunwater", "DW8"),
    ),
    postcode=lambda area, below: f"{area} {below(9) + 1}{'ABDEFGHJLN'[below(10)]}{'PQRSTUWXYZ'[below(10)]}",
    phone=_british_phone,
)  # fmt: skip

AMERICA = Country(
    code="US",
    women=_words(
        "Jennifer Elizabeth Patricia Susan Katherine Samantha Rebecca Margaret Deborah Victoria Abigail Maria "
        "Latisha Mei "
        "Priya Hannah Olivia Grace Naomi Carmen Yolanda Ingrid Tamara Noor Renee Simone Paige Lena Dolores Sylvia"
    ),
    men=_words(
        "Michael William Robert James Daniel Christopher Anthony Matthew Joseph Andrew Thomas Richard Nicholas Samuel "
        "Benjamin Alexander Edward Stephen Marcus Diego Kenji Omar Terrence Luis Vikram Caleb Isaac Desmond "
        "Grant Wesley "
    ),
    surnames=_words(
        "Hargrove Delacroix Whitfield Okafor Ramirez Lindqvist Castellano Brandt Nakamura Pruitt Abernathy Villanueva "
        "Osterman Fairchild Kowalczyk Mbeki Thibodeaux Sandoval Redfern Iyer Gallego Holloway Stroud Vance "
        "Yamada Zielinski "
        "Barlow Crane Dempsey Estrada Farrow Grady Hobart Irving Jansen Kessler Lowell Maddox Norwood Ortega "
        "Pike Quill "
        "Rourke Sayers Talbot Upshaw Voss Wilder York Zane"
    ),
    nicknames=_ENGLISH_NICKNAMES,
    streets=(
        "Maple Avenue", "Cedar Street", "Lakeview Drive", "Juniper Court", "Fulton Street", "Mission Boulevard",
        "Prairie Road", "Second Avenue", "Harbor Way", "Canyon Trail", "Willow Lane", "Foundry Street",
    ),
    towns=(
        ("Seattle", "981"), ("Denver", "802"), ("Chicago", "606"), ("Portland", "972"), ("Austin", "787"),
        ("Phoenix", "850"), ("Boston", "021"), ("Oakland", "946"),
    ),
    postcode=lambda area, below: f"{area}{below(89) + 10}",
    phone=_american_phone,
)  # fmt: skip
