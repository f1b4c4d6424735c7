"""The words the invented people of the benchmark are made of: names, nicknames, streets, cities, mail providers."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


FEMALE = words("""
mary:molly susan:sue margaret:maggie,peg elizabeth:liz,beth,betty sarah:sally patricia:pat,trish jennifer:jenny,jen
linda barbara:barb jacqueline:jackie christine:chris,tina karen helen:nell julie catherine:cathy,kate,kitty
deborah:debbie,deb jane:janie amanda:mandy emma:em rebecca:becky,bex victoria:vicky,tori samantha:sam
charlotte:lottie,charlie sophie:soph olivia:liv,livvy jessica:jess emily:em amy lauren hannah lucy alice:ali
katherine:kate,kathy alexandra:alex,sandra natalie:nat michelle:shell nicola:nicky angela:angie alison:ali sharon
tracy dawn carol caroline:carrie joanne:jo joanna:jo claire louise:lou rachel:rach anne ann:annie anna:annie
dorothy:dot,dotty joan jean joyce sheila maureen:mo brenda eileen irene judith:judy gillian:gill valerie:val
pamela:pam sandra:sandy janet jan marion theresa:terry,tess frances:fran,fanny georgina:georgie eleanor:ellie,nell
isabella:bella,izzy abigail:abby madeleine:maddie gabrielle:gabby philippa:pippa josephine:jo,josie harriet:hattie
matilda:tilly martha:mattie beatrice:bea florence:flo,flossie grace ruby ella lily mia chloe daisy freya poppy
evelyn:evie phoebe rosemary:rosie,rose constance:connie penelope:penny francesca:fran,chessy miranda melissa:mel
melanie:mel stephanie:steph kimberley:kim danielle:dani leanne kelly gemma kerry lisa paula wendy heather ruth
bethany:beth kathleen:kath,kathy sylvia hazel vera lorraine yvonne diane diana:di teresa:tess bernadette:bernie
aisha fatima priya:pri anjali yasmin zara mei ling agnieszka:aga katarzyna:kasia magdalena:magda ewa joana
sofia:sofi carmen lucia ingrid astrid amara chioma ngozi adaeze siobhan:shiv niamh aoife bronwen cerys rhiannon
morag ailsa isla""")
MALE = words("""
john:jack,johnny david:dave,davy michael:mike,mick james:jim,jimmy,jamie robert:rob,bob,bobby
william:will,bill,billy peter:pete paul richard:rick,dick,richie thomas:tom,tommy christopher:chris,kit
stephen:steve andrew:andy,drew mark anthony:tony kenneth:ken,kenny george:georgie charles:charlie,chas
edward:ed,eddie,ted daniel:dan,danny matthew:matt joseph:joe,joey simon:si nicholas:nick,nicky jonathan:jon,jonny
benjamin:ben,benny samuel:sam,sammy alexander:alex,sandy timothy:tim philip:phil geoffrey:geoff ronald:ron,ronnie
donald:don raymond:ray brian alan:al kevin:kev gary graham ian martin:marty neil keith colin derek:del dennis:den
terence:terry frederick:fred,freddie harold:harry henry:harry,hal albert:bert,bertie arthur:art walter:wally
ernest:ernie leonard:len,lenny stanley:stan norman:norm reginald:reg roger trevor barry nigel adrian:ade
julian:jules dominic:dom oliver:ollie jack harry jacob:jake joshua:josh luke adam ryan liam callum nathan:nat kieran
jordan aaron lewis kyle scott stuart:stu gareth:gaz lee dean darren:daz jason:jay wayne craig carl patrick:pat,paddy
francis:frank lawrence:larry,laurie gregory:greg douglas:doug,dougie hugh hughie victor:vic vincent:vince maurice:mo
theodore:theo,ted sebastian:seb zachary:zac gabriel:gabe cameron:cam maximilian:max augustus:gus archibald:archie
alfred:alf,alfie edmund:ed,ned rupert giles toby tobias:toby jeremy:jez nathaniel:nate,nat leo mohammed:mo ahmed ali
hassan omar ibrahim:ibby raj sanjay:sanj vikram arjun wei jun piotr:pete krzysztof:kris tomasz:tomek pawel joao
carlos luis miguel sven lars olaf kwame emeka chidi seamus eoin cormac rhys owain dylan hamish angus fergus
malcolm:mal duncan alistair:al finlay:fin gordon bruce ross""")
SURNAMES = words("""
smith jones taylor brown williams wilson johnson davies patel robinson wright thompson evans walker white roberts
green hall thomas clarke jackson wood harris edwards turner martin cooper hill ward hughes moore clark king harrison
lewis baker lee allen morris khan scott watson davis parker james bennett young phillips richardson mitchell bailey
carter cook singh shaw bell collins morgan kelly begum miller cox hussain marshall simpson price anderson adams
wilkinson ali ahmed foster ellis murphy chapman mason gray richards webb griffiths hunt palmer campbell holmes mills
rogers barnes knight matthews barker powell stevens kaur fisher butler russell harvey pearson graham fletcher murray
howard shah stewart gibson reid ford walsh fox elliott brooks reynolds payne west lawrence o'brien o'connor o'neill
macdonald mackenzie mcdonald mccarthy mclean burton burns hamilton kennedy nowak kowalski garcia silva santos
fernandes rossi nguyen chen wang li zhang begley quinn doherty gallagher byrne lynch ryan sullivan daly nolan
brennan burke okafor adeyemi mensah owusu""")
_ROOTS = words("""
ash al as bar beck black bol brad bram brock bux cal car chad chil clif cob cran cros cum dal dar den dun east ed el
far fen flax gar gold graf gran had hal ham har hart hax hazel heath hol hor hux ing kel kin kirk lang lax led lin
long lud mar mel mid mil mor nether new nor nor oak old or over pat pem pen quar rad raven red rip rock ros rud ru
sal san shel ship sil stan stock stour strat sut tad thorn til tor up wal war wel west whit wil win wit wol wrex yar""")
_ENDS = words("""
ford ton ley ham worth field by well wick stead man son more den bury combe dale hurst ridge shaw thorpe wood water
bourne bridge brook croft gate hill house land low mere port side stone yard""")
_STARTS = words("""
ba be bo bra da de do dra fa fe ga go gra ha ho ja ji ka ke ki ko kra la le lo ma me mi mo na ne no pa pe pra ra re
ro sa se sha so ta te to tra va ve vi wa ya za ze zu""")
_MIDDLES = words("bi da do ga ka ki la le li lo ma mi mo na ni no ra ri ro sa sho ta ti va")
_TAILS = words("c ck d l lin man nen ni nov poulos r ras ski s sen ti tz vic wa y yan zek")
STREET_KINDS = words("street road avenue close lane drive way gardens grove court crescent terrace place hill view")
PROVIDERS = words("""
mailbox.example postbox.example inbox.example fastpost.example webmail.example letterbox.example homenet.example
myline.example bluemail.example quickmail.example cablenet.example openpost.example citymail.example
northmail.example evermail.example paperplane.example pigeon.example skypost.example rivermail.example
oldpost.example""")
AREA_CODES = words("1132 1142 1159 1162 1179 1189 1214 1314 1415 1514 1614 1914 2072")


def given(entries: list[str], tail: int, seed: int) -> tuple[list[str], list[list[str]]]:
    """Given names, most frequent first, and the nicknames of each; `tail` rare ones without nicknames are added."""
    names = [entry.partition(":")[0] for entry in entries]
    nicknames = [entry.partition(":")[2].split(",") if ":" in entry else [] for entry in entries]
    rare = ["".join(parts) for parts in product(_STARTS, _MIDDLES, ("", "n", "l", "s"))]
    chosen = np.random.default_rng(seed).permutation(len(rare))[:tail]
    return names + [rare[i] for i in chosen], nicknames + [[] for _ in chosen]


def surnames() -> list[str]:
    """About twenty thousand family names, most frequent first."""
    english = dict.fromkeys(root + end for root, end in product(_ROOTS, _ENDS))
    others = dict.fromkeys(a + b + c for a, b, c in product(_STARTS, _MIDDLES, _TAILS))
    rng = np.random.default_rng(11)
    rare = np.array(list(english) + list(others)[: 3 * 5600], dtype=object)
    # English-sounding names are the more frequent ones: both are shuffled, then interleaved by a noisy rank.
    rank = np.concatenate([rng.random(len(english)) * 0.6, 0.1 + rng.random(len(rare) - len(english))])
    return list(dict.fromkeys(SURNAMES + [str(name) for name in rare[np.argsort(rank)]]))


def places(kind: str, count: int) -> list[str]:
    """Invented names of cities (kind `city`) or of streets without their kind (kind `street`)."""
    words = [root + end for root, end in product(_ROOTS, _ENDS)]
    order = np.random.default_rng(3 if kind == "city" else 5).permutation(len(words))
    first = ["church", "station", "park", "victoria", "mill", "school", "manor", "kings", "queens", "york"]
    return (first if kind == "street" else []) + list(dict.fromkeys(words[i] for i in order))[:count]


def zipf(size: int, shift: float, exponent: float) -> npt.NDArray[np.float64]:
    """Probabilities of `size` ranks: 1 / (rank + shift) ** exponent, scaled to sum to one."""
    weights = 1.0 / (np.arange(size) + 1 + shift) ** exponent
    return np.asarray(weights / weights.sum())
