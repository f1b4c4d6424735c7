"""Answers with few meanings: yes or no, gender, a decision about consent."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from kinfolk.expressions.lookup import lookup
from kinfolk.expressions.template import fill
from kinfolk.expressions.text import word

_YES = (
    "true, t, yes, y, 1, 1.0, on, x, ✓, ✔, checked, verified, confirmed, ja, j, wahr, oui, o, vrai, si, sí, s,"
    " verdadero,"
    " vero, sim, verdadeiro, tak, waar"
)
_NO = (
    "false, f, no, n, 0, 0.0, off, unchecked, unverified, unconfirmed, not verified, nein, falsch, non, faux,"
    " falso, não,"
    " nao, nie, nee, onwaar"
)
_GENDERS = {
    "female": "female, f, w, fem, woman, girl, mrs, ms, miss, 2, weiblich, frau, femme, féminin, feminin,"
    " femenino, mujer,"
    " femminile, femmina, donna, feminino, mulher, vrouw, vrouwelijk, kobieta",
    "male": "male, m, h, masc, man, boy, mr, 1, männlich, maennlich, mann, herr, homme, masculin, masculino, hombre,"
    " maschile, maschio, uomo, homem, mannelijk, mężczyzna",
    "other": "other, d, x, o, nb, 9, diverse, divers, non-binary, nonbinary, non binary, enby, autre, otro,"
    " altro, outro,"
    " anders",
}
_DECISIONS = {
    "granted": "granted, grant, given, accepted, accept, agreed, allow, allowed, opt-in, optin, opt in,"
    " opted-in, opted in,"
    " opted_in, opt_in, subscribed, subscribe, active, consented, double-opt-in, erteilt, zugestimmt, accepté,"
    " aceptado",
    "denied": "denied, deny, refused, rejected, reject, declined, decline, disallowed, not given, never subscribed,"
    " non-subscribed, abgelehnt, verweigert, refusé, rechazado",
    "withdrawn": "withdrawn, withdraw, revoked, revoke, opt-out, optout, opt out, opted-out, opted out,"
    " opted_out, opt_out,"
    " unsubscribed, unsubscribe, cancelled, canceled, widerrufen, abgemeldet, retiré, désabonné, revocado",
    "expired": "expired, lapsed, abgelaufen, expiré, caducado",
}


def _meanings(listed: Mapping[str, str]) -> dict[str, str]:
    """Word -> its meaning, from meaning -> words."""
    return {word: meaning for meaning, words in listed.items() for word in words.split(", ")}


def boolean(value: exp.Expression) -> exp.Expression:
    """BOOLEAN from yes and no as people, programs and spreadsheets write them, in seven languages."""
    return fill("$answer = 'yes'", answer=lookup(word(value), _meanings({"yes": _YES, "no": _NO})))


def gender(value: exp.Expression) -> exp.Expression:
    """female, male or other, as given; 1, 2 and 9 are read as ISO/IEC 5218 has them, h as homme and hombre."""
    return lookup(word(value), _meanings(_GENDERS))


def decision(value: exp.Expression) -> exp.Expression:
    """granted, denied, withdrawn or expired. A plain yes is granted, a plain no denied."""
    plain = _meanings({"granted": _YES, "denied": _NO})
    return lookup(word(value), plain | _meanings(_DECISIONS))
