"""Currencies."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions.lookup import lookup
from kinfolk.expressions.text import word

_CODES_WORDS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
    "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
_CODES = frozenset(_CODES_WORDS.split())
_RETIRED_WORDS = "ANG ATS BEF CUC CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK SLL VEF ZWL"
_RETIRED = frozenset(_RETIRED_WORDS.split())
_NAMES = {
    "EUR": "€, euro, euros",
    "GBP": "£, pound sterling, pounds",
    "JPY": "¥, ￥, yen, 円",
    "USD": "us$, us dollar, us dollars",
    "AUD": "a$, au$",
    "CAD": "c$, ca$",
    "NZD": "nz$",
    "HKD": "hk$",
    "SGD": "s$",
    "BRL": "r$",
    "MXN": "mx$",
    "TWD": "nt$",
    "INR": "₹",
    "RUB": "₽",
    "KRW": "₩",
    "TRY": "₺",
    "UAH": "₴",
    "ILS": "₪",
    "VND": "₫",
    "THB": "฿",
    "PHP": "₱",
    "NGN": "₦",
    "PLN": "zł",
    "CZK": "kč",
    "HUF": "ft",
    "CHF": "fr., sfr, sfr., swiss franc",
    "CNY": "rmb, cn¥, 元",
    "RON": "lei",
}
# One sign for several currencies: read only where the source declares one of them.
_SHARED = {
    "$": "USD AUD CAD NZD HKD SGD MXN ARS CLP COP TWD BMD BSD BBD BND BZD FJD GYD JMD KYD LRD NAD SBD SRD TTD UYU XCD",
    "dollar": "USD AUD CAD NZD HKD SGD TWD",
    "dollars": "USD AUD CAD NZD HKD SGD TWD",
    "kr": "SEK NOK DKK ISK",
    "kr.": "SEK NOK DKK ISK",
    "fr": "CHF XAF XOF",
    "peso": "MXN ARS CLP COP UYU CUP DOP PHP",
}


def currency(value: exp.Expression, declared: str | None = None) -> exp.Expression:
    """ISO 4217 from a code, a sign or a usual name; $, kr and peso only where `declared` is one of theirs."""
    words = {code.lower(): code for code in _CODES | _RETIRED}
    words |= {name: code for code, names in _NAMES.items() for name in names.split(", ")}
    words |= {sign: declared for sign, codes in _SHARED.items() if declared and declared in codes.split()}
    return lookup(word(value), words)


def not_readable(declared: str | None) -> str:
    """Why a value is no currency, for people."""
    if declared:
        return f"no ISO 4217 code, nor a sign that means one currency or the declared {declared}"
    return "no ISO 4217 code, nor a sign that means one currency ($ could be several, and the source declares none)"
