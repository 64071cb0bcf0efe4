"""Figures of speech, and wishes for a person: patterns over `signs.plain`. Data alone."""

STRAIN = (
    r"(?:homework|exam|exams|class|course|this|that|it|calculus|math|maths|physics|"
    r"assignment|essay|thesis|professor|chapter|test|\w+) (?:is |are |was |s |literally |absolutely |"
    r"just |really |gonna )*kill(?:ing|s|ed)? me",
    r"(?:someone |please |just )+kill me(?: now)?|kill me now|kill me",
    r"im (?:\w+ ){0,2}(?:dying|going insane|going crazy|losing my mind|drowning in|burned out|burnt "
    r"out|so done)|i am (?:\w+ ){0,2}(?:dying|burned out|burnt out|drowning in)",
    r"(?:want to|wanna|could|going to) die (?:of|from) \w+|fml|(?:hate|hating) my life(?! choices)",
    r"(?:cant|cannot|can not) (?:take|do|handle|stand|bear|cope with|deal with)(?: (?:it|this|that|"
    r"everything|all this))? (?:any ?more|any longer)|cant cope|breaking down|having a (?:break ?down|"
    r"panic attack)|panic attacks?|so (?:stressed|overwhelmed|depressed|lonely|exhausted)|"
    r"(?:feel|feeling|am|im) (?:\w+ ){0,2}(?:overwhelmed|depressed|lonely|hopeless|empty|numb)|"
    r"want to (?:cry|scream|give up)|wanna (?:cry|give up)|been crying|cant stop crying|"
    r"i give up|cant sleep(?: \w+){0,3} (?:stress|worry|anxi)\w*",
    r"(?:me (?:esta|estan) matando|me mata (?:esta|este|el|la)|no puedo mas|no aguanto mas|estoy (?:muy |"
    r"tan )?(?:agobiad|agotad|deprimid|desesperad|estresad|quemad)[oa]|ataque de (?:panico|ansiedad)|"
    r"odio mi vida|me rindo|ganas de llorar|no paro de llorar|me siento (?:muy |tan )?(?:sol[oa]|"
    r"vaci[oa]|triste))",
    r"(?:bringt mich um|ich kann nicht mehr(?= \.|$)|ich halte das nicht (?:mehr )?aus|vollig (?:fertig|"
    r"uberfordert)|panikattacke\w*|ich gebe auf|ich bin (?:so )?(?:depressiv|einsam|verzweifelt|"
    r"am ende)|konnte heulen|hasse mein leben)",
    r"(?:j ?en peux plus|me tue (?:ce|cet|cette)|ca me tue|je craque|suis (?:a bout|deprimee?|"
    r"epuisee?|debordee?|desesperee?)|crise (?:de panique|d ?angoisse)|je deteste ma vie|envie de "
    r"pleurer|j ?abandonne)",
    r"(?:nao aguento mais|(?:esta|ta) me matando|estou (?:muito |tao )?(?:esgotad|deprimid|sobrecarregad|"
    r"desesperad)[oa]|crise de (?:panico|ansiedade)|odeio (?:a )?minha vida|eu desisto|vontade de "
    r"chorar)",
    r"(?:non ce la faccio piu|mi sta uccidendo|sono (?:depress|esaurit|disperat|stressat)[oa]|attacc[oh]i? "
    r"di panico|odio la mia vita|mi arrendo|voglia di piangere)",
)

PERSON = (
    r"(?:want|need|wanna|like|prefer|let me|can i|could i|may i|how do i|is there|get me|give me)"
    r"(?: to)? (?:please )?(?:(?:talk|speak|chat|write|message|reach|contact|ask)(?: to| with)? )?"
    r"(?:a |an |my |the |some ?|any )?(?:real |actual |live |human )?(?:person|human|human being|"
    r"somebody real|someone real|real one)(?: please| instead| to talk to| here| to help)?(?! (?:body|"
    r"brain|rights|resource\w*|capital|heart|eye|cell\w*|genome|anatomy|who|whose|from|in the))",
    r"(?:talk|speak|chat|write|message|reach|contact)(?: to| with)? (?:a |an |my |the |our )"
    r"(?:real |actual |live )?(?:person|human|human being|teacher|professor|instructor|lecturer|tutor|"
    r"ta|teaching assistant)|(?:ask|tell) my (?:teacher|professor|instructor|lecturer|ta)|"
    r"(?:call|get) (?:me )?(?:my |the |a )(?:teacher|professor|instructor)|human please|real person "
    r"please|not a (?:bot|robot|machine|computer)|talk to (?:someone|somebody)(?: real)?",
    r"(?:hablar|escribir|contactar|comunicarme) (?:con|a) (?:una persona|un humano|alguien|un[a]? "
    r"(?:profesor|profe|docente|maestr)[oa]?\w*|(?:mi|el|la) (?:profesor|profe|docente|maestr|tutor)\w*)|"
    r"(?:quiero|necesito|prefiero) (?:a )?(?:una persona(?: real| de verdad)?|un humano)",
    r"(?:mit|an) (?:einem menschen|einer (?:echten )?person|jemandem|meine[mr] (?:lehrer|professor|"
    r"dozent|tutor)\w*|einem lehrer) (?:\w+ )?(?:sprechen|reden|schreiben|wenden)|(?:will|mochte|"
    r"brauche) (?:einen (?:echten )?menschen|eine (?:echte )?person)",
    r"(?:parler|ecrire|m ?adresser) (?:a|avec) (?:une (?:vraie )?personne|un humain|quelqu ?un|un "
    r"(?:vrai )?(?:prof|professeur)|mon (?:prof|professeur|enseignant)|ma (?:prof|professeure))|"
    r"(?:veux|voudrais) (?:une (?:vraie )?personne|un humain)",
    r"(?:falar|conversar|escrever) (?:com|para) (?:uma pessoa|um humano|alguem|(?:o |a )?(?:meu|minha) "
    r"profes\w+|um profes\w+)|quero (?:uma pessoa|um humano)",
    r"(?:parlare|scrivere) (?:con|a) (?:una persona|un umano|qualcuno|il mio (?:prof\w*|docente|"
    r"insegnante)|la mia (?:prof\w*|insegnante)|un (?:prof\w*|insegnante))|voglio una persona(?: vera)?",
)
