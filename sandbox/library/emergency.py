"""Words of somebody who may be speaking of a real emergency and not of the script, by language.

Each language has three kinds: somebody's own danger, that of a real person, a call for help. What a therapist
says to a client (“You said you want to die”) and what a client says of a bad moment must not be among them.
"""

import re

_SAID: dict[str, tuple[str, ...]] = {
    "en": (
        r"i(?:['’]m| am| have|['’]ve)? (?:really )?(?:(?:want|going|about|planning|plan|decided) to "
        r"(?:die|kill myself|end my life|hurt myself)|suicidal|taken an overdose|overdosed|cut my wrists)",
        r"my (?:own )?(?:patient|client|husband|wife|partner|son|daughter|mother|father|friend|colleague) "
        r"(?:is|has|just|was|wants|says (?:he|she|they))[^.?!]{0,40}?"
        r"(?:suicid\w*|overdos\w*|kill(?:ed|ing)? (?:him|her|them)sel\w+|to die|unconscious|not breathing"
        r"|bleeding)",
        r"this is real(?=\s*(?:[.,!;]|$))|(?:this|it) is (?:not a (?:role[- ]?play|simulation|test|game)"
        r"|an emergency)",
        r"(?:call|need|send) (?:an ambulance|911|999|112|the police)|need help (?:right )?now",
    ),
    "de": (
        r"ich (?:will|möchte|werde) (?:wirklich |jetzt |heute )?(?:mich umbringen|mich töten"
        r"|mir das leben nehmen|mir etwas antun)|ich (?:will|möchte) (?:wirklich |nur noch )?sterben"
        r"|ich bringe mich (?:jetzt |heute )?um|ich bin suizidal"
        r"|ich habe (?:gerade )?(?:eine überdosis|mir die pulsadern)",
        r"meine? (?:patient(?:in)?|klient(?:in)?|mann|frau|partner(?:in)?|sohn|tochter|mutter|vater"
        r"|freund(?:in)?|kollege|kollegin) (?:will (?:sterben|sich (?:umbringen|das leben nehmen))"
        r"|ist (?:suizidal|bewusstlos)|atmet nicht(?: mehr)?|blutet stark"
        r"|hat (?:gerade |eben )?(?:eine überdosis|sich (?:umgebracht|die pulsadern)))",
        r"das ist (?:kein rollenspiel|keine simulation|ein notfall|echt(?=\s*(?:[.,!;]|$)))",
        r"(?:ruft?|rufen sie|brauchen?|schickt?|schicken sie) (?:bitte |sofort |schnell )*(?:den notarzt"
        r"|einen notarzt|einen krankenwagen|den rettungsdienst|die polizei|den notruf|(?:die )?112)"
        r"|brauche (?:jetzt|sofort|dringend) hilfe",
    ),
    "fr": (
        r"je (?:veux|voudrais|vais) (?:vraiment )?(?:me tuer|me suicider|mettre fin à mes jours"
        r"|me faire du mal)|je (?:veux|voudrais) (?:vraiment )?mourir|je suis suicidaire"
        r"|j['’]ai (?:fait|pris) une overdose|je me suis (?:ouvert|tailladée?) les veines",
        r"(?:mon|ma) (?:patiente?|cliente?|mari|femme|conjointe?|compagnon|compagne|fils|fille|mère|père"
        r"|amie?|collègue) (?:veut (?:mourir|se tuer|se suicider)|vient de (?:faire une overdose|se suicider)"
        r"|est (?:suicidaire|inconsciente?)|a fait une overdose|s['’]est (?:suicidée?|ouvert les veines)"
        r"|ne respire (?:plus|pas)|saigne beaucoup)",
        r"ce n['’]est pas (?:un jeu de rôle|une simulation)|c['’]est une urgence"
        r"|c['’]est (?:pour de vrai|réel)(?=\s*(?:[.,!;]|$))",
        r"(?:appel(?:le|ez)|envoyez|j['’]ai besoin d['’])\s?(?:une ambulance|le samu|les secours"
        r"|les pompiers|la police|le 1[578]|le 112)|besoin d['’]aide (?:tout de suite|immédiatement)",
    ),
    "es": (
        r"(?<!no )(?:quiero|voy a) (?:de verdad )?(?:matarme|suicidarme|quitarme la vida|hacerme daño"
        r"|acabar con mi vida)|(?<!no )quiero morir(?:me)?|he tomado una sobredosis|me he cortado las venas",
        r"mi (?:paciente|clienta?|cliente|marido|mujer|esposo|esposa|pareja|hijo|hija|madre|padre|amigo|amiga"
        r"|colega|compañero|compañera) (?:quiere (?:morir(?:se)?|matarse|suicidarse|quitarse la vida)"
        r"|ha tomado una sobredosis|acaba de (?:suicidarse|tomar una sobredosis)|no respira"
        r"|está (?:inconsciente|sangrando)|se ha (?:suicidado|cortado las venas))",
        r"esto no es (?:un juego de rol|una simulación)|esto es (?:una emergencia"
        r"|(?:real|de verdad)(?=\s*(?:[.,!;]|$)))",
        r"(?:llam(?:a|e|en|ad)|envíen?|necesito) (?:a )?(?:una ambulancia|la policía)"
        r"|llam(?:a|e|en|ad) al (?:112|911)|necesito ayuda (?:ahora|ya|urgente)",
    ),
}
_WORDS = {
    language: re.compile(rf"\b(?:{'|'.join(kinds)})\b", re.IGNORECASE) for language, kinds in _SAID.items()
}


def emergency(text: str, language: str = "en") -> str | None:
    """The first such words, in English or in the language of that BCP 47 tag; other languages have no rule.

    By rule, and both ways wrong at times: a reason to show where help is, never a finding.
    """
    for known in dict.fromkeys(("en", language.lower().partition("-")[0])):
        if known in _WORDS and (found := _WORDS[known].search(text)):
            return found.group()
    return None
