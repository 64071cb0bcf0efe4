"""What people write who may need help, by language: patterns over `signs.plain`. Data alone.

They want a high recall: of what somebody says of themselves, or of what is done to them, no
form we know may be missed. What is said of a text, a figure or a theory ("why did Romeo kill
himself?") is none. A figure of speech ("this homework is killing me") is for `milder`.
"""

# Said of oneself: "i am", "ive been", "im".
_I = r"(?:i|im|ive|id|ill|me|my)"
_KIN = (
    r"(?:dad|daddy|father|mom|mum|mother|mommy|mummy|step ?dad|step ?mom|step ?mum|step ?father|"
    r"step ?mother|boyfriend|girlfriend|bf|gf|ex|partner|husband|wife|uncle|aunt|brother|sister|"
    r"grandpa|grandfather|cousin|parents|family|room ?mate|coach|teacher|professor|boss)"
)
_WHO = rf"(?:he|she|they|someone|somebody|a man|a guy|a teacher|my {_KIN}|\w+s (?:dad|boyfriend|father))"
_FUN = (
    r"(?! (?:of|from|with) (?:laugh|bored|embarrass|shame|cringe|happi|cute|curio|hung|thirst|joy))"
    r"(?! (?:laughing|cast|roll|already))"
)
# At the start of a sentence, or with an "I" shortly before.
_OWN = rf"(?:(?<=\. )|(?<!.)|(?:just|really|still|honestly|sometimes|{_I}) (?:\w+ ){{0,4}})"
_ABOUT = (
    r"(?! (?:rate|rates|statistic|statistics|in the|in a|as a|by|theor\w*|essay|prevention|note|"
    r"squad|bomb\w*|attack\w*|mission|burn|paper|chapter|novel|play|poem|data|study|studies|"
    r"according))"
)

ENGLISH = (
    r"(?:wish|hope|pray) (?:that )?i (?:wasnt|werent|was not|isnt|wont|dont|didnt|never) (?:here|alive|around|"
    r"born|wake up|woke up|exist)|(?:cant|cannot) (?:stand|bear|face|take|do|handle) (?:\w+ )?(?:living|life|"
    r"another (?:day|night)|being (?:alive|me|here))|(?:happier|better|easier|fine)(?: off)? without me",
    r"i feel (?:\w+ ){0,3}no way out(?! of)|there(?:s| is) no way out for me|i (?:keep|kept|started|need to) "
    r"cutting|(?:cant|dont) see (?:a|any) future(?: for (?:me|myself)| any| \.|$)|my life (?:isnt|is not|aint) "
    r"worth|(?:come|go) to my funeral|bleed out|if i (?:take|took|swallow|swallowed) (?:\d+|\w+) (?:\w+ )?"
    r"(?:paracetamol|tylenol|ibuprofen|aspirin|pills|tablets|xanax|advil)",
    rf"(?:afraid|scared|terrified|frightened) of (?:my {_KIN}(?! (?:s|exam|grading|grade|class|feedback))|him"
    r"(?! being))|(?:gun|knife|rope|pills) (?:\w+ ){0,6}(?:on my ?self|end it|kill my ?self)|what (?:dose|amount) "
    r"(?:\w+ ){0,4}kill me",
    r"(?:cant|dont want to|do not want to|wont) be here (?:any ?more|any longer)|want (?:everything|it all) to "
    r"(?:stop|end|be over)|(?:wrote|writing|written|write) (?:a |my |some |the )?(?:goodbye|farewell|suicide) "
    r"(?:letter|note|message)s?|dont think (?:ill|i will|i can) make it (?:to|through|until)(?! (?:class|the "
    r"exam|the lecture|the meeting|school|office|the end of))",
    r"(?:no|lost|losing|lose) (?:the |my |all )?will to live|thoughts? of (?:self ?harm|death|dying|suicide|"
    r"hurting|killing my ?self|ending)|(?:thinking|think|dreaming|dream) (?:about|of) (?:my own |my )?(?:death|"
    r"dying|being dead)|i dont matter(?= to| any| at all| \.|$)",
    r"(?:burn|burned|burnt|burning|hit|hitting|scratch\w*|bruis\w*|bite|biting) my ?self (?:\w+ ){0,5}(?:on "
    r"purpose|deliberately|again|to feel)|(?:bully|bullies|bullied|bullying|harass|harasses|harassed|"
    r"harassing|torment\w*) me",
    rf"(?:afraid|scared|terrified) (?:that )?my {_KIN} (?:\w+ ){{0,2}}(?:kill|hurt|beat|hit)s? me",
    r"(?:world|everyone|everybody|they|family|people|all) (?:\w+ ){0,4}better (?:off )?without me",
    r"(?:kill|killing|hurt|hurting|harm|harming|cut|cutting|hang|hanging|drown|drowning|shoot|"
    r"shooting|starve|starving|poison|poisoning|stab|unalive|unaliving|off|end) (?:my ?self|meself)(?! (?:a|some|off|short|slack|out)\b)",
    r"kms|unalive me",
    rf"(?:{_OWN}(?:want|wanna|wanted|going|gonna|plan|planning|ready|hope|hoping|rather|would|should|"
    r"deserve|try|trying|tried|about|think of|thinking of|thinking about|might as well|could|ought) "
    r"(?:to )?(?:just |really )?"
    rf"(?:die|dying|be dead|was dead|were dead|disappear forever|never wake up|stop existing|stop living)){_FUN}",
    r"wish (?:that )?(?:i|id) (?:was|were|had|could|would)(?: just)? (?:dead|never (?:been )?born|"
    r"never wake up|not wake up|not exist|die|disappear|stop existing|be dead)",
    r"(?:dont|do not|cant|cannot|no longer|didnt|never) (?:\w+ )?(?:want|wanna|wish|care)(?: to)? "
    r"(?:be alive|live|exist|wake up|go on|keep going|keep living|stay "
    r"alive)(?! (?:in|with|near|on|at|code|stream|to)\b)",
    r"(?:cant|cannot|can not) keep (?:going|living)(?! (?:with|on|like that|up|in|to)\b)",
    r"(?:cant|cannot|can not|couldnt) (?:\w+ )?(?:go on|live)(?: (?:like this|any ?more|any longer|with "
    r"(?:myself|this pain)))?(?! (?:in|with|without|on|the|to)\b)",
    r"(?:i|im|id|they|everyone|everybody|people|world|family|\w+) (?:is |are |would |will |d |ll )?"
    r"(?:be )?better off (?:dead|without me)",
    r"(?:no|(?:see|have|find) (?:any|a|the)|whats the|what is the) (?:\w+ )?(?:reason|point|sense|"
    r"purpose) (?:to|in|for|of) (?:live|living(?! \w+s\b)|go on living|be alive|being alive|exist|existing|"
    r"my life|being here|life(?! (?:cycle|form|science)))|no (?:reason|point) (?:to|in) (?:go|going) on",
    r"my (?:whole )?life (?:is|has|feels|has become) (?:\w+ ){0,2}(?:pointless|meaningless|worthless|over|"
    r"unbearable|no meaning|no point|hell)|life is (?:so |just |too )?(?:pointless|unbearable|painful|"
    r"much for me)|(?:no|any) hope (?:left )?for me|dont deserve to (?:live|be alive|exist|be here)",
    r"(?:think|thinking|thought) (?:about|of) ending (?:things|it|everything)|(?:ready|going|gonna|plan|"
    r"planning|decided|want|wanna) (?:to )?end (?:it|things|everything)(?! (?:with|by|in|at|when|if|on|"
    r"after|before|here|loop|like|so|as|using|properly|early)\b)",
    rf"{_OWN}(?:want|wanna|wish|need)(?: i could| to| i would)* (?:just )?(?:disappear|vanish|sleep forever|"
    r"be gone|cease to exist|not exist|be nothing|go to sleep and (?:never|not) wake)",
    r"(?:happier|better|relieved|fine|easier)(?: off)? (?:if|when|once) i (?:was|were|am|died|wasnt|"
    r"werent|disappeared|killed|never)(?: \w+)?",
    r"nothing (?:left )?to live for|(?:not|isnt|aint) worth living|what am i living for",
    r"(?:end|ending|take|taking|finish) my (?:own )?(?:life|suffering)|(?:end|ending) it(?: all)? "
    r"(?:tonight|today|now|soon|forever)|(?:end|ending) it all|end everything tonight",
    rf"{_I} (?:\w+ ){{0,4}}suicidal",
    r"(?:feel|feeling|am|im|been|being|was) (?:\w+ ){0,2}suicidal|suicidal thoughts (?:again|every|"
    r"all|at|and i)|my suicid\w*",
    rf"(?:think|thinking|thought|considering|consider|contemplating|attempt|attempted|planning) "
    rf"(?:about |of |my )?(?:committing )?suicide{_ABOUT}",
    r"(?:i|ill|id|im|me|should i|wanna|want to|going to|gonna|tried to) (?:\w+ ){0,2}commit suicide",
    r"give up on (?:life|living|everything|myself)|given up on (?:life|living|myself)|"
    r"done with (?:life|living)|tired of (?:living|life|being alive|existing)|sick of living",
    r"i (?:\w+ )?(?:hate|despise|loathe) (?:my ?self|being alive|living)",
    r"(?:no ?one|nobody|none) (?:would|will|d|ll|is going to|even )?(?:\w+ )?(?:even )?(?:care|"
    r"cares|miss|misses|notice|notices) (?:me )?(?:if|when|that) (?:i|im)",
    r"(?:no ?one|nobody) (?:\w+ )?(?:cares about me|loves me|would miss me|wants me(?: here)?)",
    r"i (?:am|feel|was|m|feel like) (?:\w+ ){0,3}(?:worthless|a burden(?! of)|unlovable|broken "
    r"inside)|im (?:\w+ ){0,3}(?:worthless|a burden(?! of)|unlovable)",
    r"i feel (?:so |completely |totally |just )?(?:hopeless|empty inside|dead inside|trapped)"
    r"(?! (?:at|about|with|in|by)\b)",
    r"(?:i|ive|im|been|still|started|keep|used to|want to|my|doing) (?:been |am |to )?"
    r"(?:self ?harm(?:ing|ed)?|sh again)(?! (?:in|research|essay|paper|prevention))",
    r"(?:took|swallowed|taken|take|taking) (?:\w+ )?(?:all|too many|a lot of|a bunch of|the whole|"
    r"every)(?: of)? (?:\w+ ){0,2}(?:pills|tablets|meds|medication|painkillers|sleeping pills)",
    r"(?:took|swallowed|taken|take|taking|swallow|swallowing) (?:\w+ ){0,3}(?:bottle|box|pack|packet|"
    r"handful|lot|bunch)s? (?:of )?(?:\w+ ){0,2}(?:pills|tablets|meds|medication|painkillers)|(?:bought|"
    r"saved|saving|hoarding|collecting) (?:\w+ ){0,2}(?:pills|tablets)",
    r"i cut (?:again|last night|tonight|yesterday|today)|(?:relapsed|relapse) and (?:cut|hurt|harmed)|"
    r"(?:hurting|cutting) (?:my ?self|my arms|my legs|my wrists)",
    rf"{_I} (?:\w+ ){{0,4}}overdos(?:e|ed|ing)(?! (?:in|as|by)\b)",
    r"how many (?:\w+ )?(?:pills|tablets|painkillers|paracetamol|tylenol|ibuprofen)(?: \w+){0,6} "
    r"(?:die|kill me|kill you|kill someone|overdose|od|lethal|fatal)",
    r"(?:painless|least painful|easiest|quickest|fastest|best|peaceful)(?:ly)? (?:\w+ )?(?:way|ways|method|methods) "
    r"(?:to|of) (?:die|dying|kill myself|suicide|end it|commit suicide|go)(?! to)",
    r"tie a noose|slit my wrists?|cut my (?:wrists?|arms?|legs?|thighs?)|hang my ?self",
    rf"{_I} (?:\w+ ){{0,3}}(?:jump|jumping) (?:off|from|in front of|out of) (?:a|the|my) (?:\w+ )?(?:bridge|roof|"
    r"building|balcony|window|cliff|train|bus|car|tower)",
    r"(?:this is|its|leaving|wrote|writing) my (?:last|final|suicide) (?:message|note|goodbye|letter|"
    r"night|day on earth|words)|goodbye forever",
    r"(?:wont|will not|not going to|not gonna) be (?:here|around|alive) (?:tomorrow|much longer|any "
    r"?more|next week|for long)",
    rf"{_WHO} (?:\w+ ){{0,5}}(?:hits|hit|beats|beat|kicks|kicked|hurts|locks|burns|starves) (?:me|us|my (?:mom|mum|mother|sister|brother|siblings))"
    r"(?! (?:up|to|at (?:\w+ )?(?:chess|games?|cards|math\w*|tennis|everything|it|this|that)|in (?:the|a|"
    r"an|our|chess|\w+ing)|by \d|with (?:a |an )?(?:hard|tough|good|nice|\w+ question|question)|for|as|"
    r"like)\b)",
    rf"{_WHO} (?:\w+ ){{0,3}}(?:touches|touched|touching|rapes|raped|raping|abuses|abused|abusing|hitting|"
    r"beating|hurting|molested|molests|molesting|assaulted|choked|chokes|strangled|stalks|stalked|"
    r"stalking|blackmails|blackmailed|blackmailing|punched|punches|slaps|slapped|groomed|grooming|"
    r"threatens|threatened|threatening) me",
    r"threat\w* to (?:kill|hurt|rape|beat|hit|shoot) (?:me|my \w+)|(?:following|watching) me (?:\w+ ){0,5}"
    r"(?:scared|afraid|home)|forced me to (?:have sex|sleep with|touch)|made me have sex|without "
    r"my consent|(?:kicked|threw|thrown|throw) me out|nowhere to (?:sleep|live)|sleeping (?:rough|on the "
    r"streets?|in my car)",
    rf"my {_KIN} (?:is|are|s) (?:\w+ )?(?:hitting|beating|abusing|hurting|touching|threatening|"
    r"violent)",
    r"(?:i was|i got|i am being|im being|ive been|i have been|i keep getting|im getting|i get) "
    r"(?:\w+ )?(?:raped|abused|assaulted|molested|stalked|blackmailed|bullied|threatened|"
    r"beaten(?: up)?(?! at)|groomed|harassed|cyberbullied)",
    r"(?:not|dont feel|never) safe (?:at home|in my (?:home|house)|with (?:him|her|them))|"
    r"(?:afraid|scared|terrified|not safe) to go home|(?:scared|afraid|fear) (?:for|of) my (?:own )?"
    r"life|in danger at home",
    r"(?:want|wanna|going|gonna|plan|planning) (?:to )?(?:kill|shoot|stab|murder|hurt) (?:him|her|"
    r"everyone|everybody|people|others|someone|somebody|my \w+)(?! (?:feelings|process|program|thread))",
    r"shoot(?:ing)? up (?:the|my|this) (?:school|class|campus)|bring(?:ing)? (?:a|my) (?:gun|knife) to "
    r"(?:school|class|campus)",
    r"(?:havent|have not|not|stopped) (?:\w+ ){0,2}(?:eaten|eating) (?:\w+ ){0,3}(?:days|a week|weeks)|"
    r"mak(?:e|ing) my ?self (?:throw up|vomit|puke|sick)|starving my ?self",
    r"want (?:the|this|my) (?:pain|suffering) to (?:stop|end)|want it all to (?:stop|end)|"
    r"want everything to (?:end|be over)",
    r"(?:nobody|no one|noone) (?:can|could) help me any ?more|help me i (?:want|am going) to die",
)
SPANISH = (
    r"ojala (?:\w+ )?me (?:muera|muriera|muriese|mate)|(?:pienso|pensando|pienso mucho|pensar) (?:\w+ ){0,6}"
    r"(?:suicidarme|matarme|en morir(?:me)?|en mi muerte)|me (?:quise|intente) (?:matar|suicidar)",
    r"no quiero estar (?:aqui|en este mundo)(?= mas| \.|$)|cortar(?:me)? las venas",
    r"no (?:le )?(?:veo|encuentro|hallo)(?: el| ningun)? sentido (?:a|en|de) (?:la vida|vivir|mi vida|seguir|"
    r"nada)|(?:ya )?no tiene sentido (?:vivir|seguir viviendo|mi vida)|(?:quisiera|ojala|desearia|mejor|"
    r"preferiria|deberia)(?: yo)? (?:no|nunca) (?:haber|hubiera) nacido|(?:quiero|quisiera|ganas de|"
    r"gustaria) (?:desaparecer|dejar de existir|no existir|irme de este mundo|no despertar)|(?:ya )?no "
    r"aguanto (?:mas )?(?:vivir|la vida|estar viv[oa])|no merezco (?:vivir|estar viv[oa])|mejor "
    r"(?:estaria |estar )?muert[oa]|me estoy (?:lastimando|cortando|haciendo dano)|me toca mi \w+|tengo "
    r"miedo (?:de|a) mi (?:padre|papa|padrastro|novio|marido|pareja)|nadie me (?:va a )?extranar\w*",
    r"(?:me (?:quiero|voy a|quisiera|deseo) (?:matar|suicidar|morir|ahorcar)|(?:quiero|voy a|"
    r"quisiera|pienso(?: en)?|ganas de|intente|intentado|podria|pensando en|pense en|planeo) "
    r"(?:matarme|suicidarme|morir|morirme|ahorcarme|quitarme la vida|hacerme dano|lastimarme|"
    r"desaparecer para siempre|cortarme(?! el pelo)))(?! de (?:risa|verguenza|hambre|sed|pena|amor|"
    r"ganas|aburrimiento))",
    r"no (?:quiero|deseo|puedo) (?:seguir (?:viviendo|vivo|viva|asi)|vivir(?: mas| asi)?|existir|"
    r"despertar(?:me)?(?: nunca)?|estar vivo|estar viva)(?! (?:en|con|sin)\b)",
    r"(?:ojala|quisiera) (?:estar|estuviera|estuviese) muert[oa]|ojala (?:me muera|no hubiera "
    r"nacido|no despertara)|desearia (?:estar muert[oa]|no haber nacido)",
    r"(?:mi|la) vida no (?:tiene sentido|vale (?:la pena|nada))|no (?:tengo|hay|veo) (?:razon(?:es)?|"
    r"motivos?|ganas) (?:para|de) (?:vivir|seguir viviendo)|nada por (?:lo )?que vivir",
    r"(?:estarian|estaran|estaria|estara) mejor sin mi|nadie (?:me (?:quiere|echaria de menos|"
    r"extranaria)|notaria si (?:yo )?)|a nadie le (?:importo|importaria si)",
    r"(?:acabar|terminar) con (?:mi vida|todo(?: esto)? (?:hoy|esta noche|ya|para siempre))|"
    r"acabar con mi sufrimiento|quitarme la vida|me quitare la vida",
    r"(?:me|mis) (?:\w+ )?(?:corto|corte|estoy cortando|autolesion\w*) (?:los brazos|las munecas|otra "
    r"vez)|me (?:autolesiono|hago dano|lastimo a mi mism[oa])|cortarme las (?:venas|munecas)",
    r"(?:tengo|he tenido|con) (?:\w+ )?(?:pensamientos|ideas) (?:suicidas|de muerte)|soy suicida|"
    r"pensando en (?:el )?suicidi(?:o|arme)(?! (?:de|en la)\b)|me odio|odio estar viv[oa]|"
    r"no valgo nada|soy una carga|estoy harto de vivir|estoy harta de vivir|cansad[oa] de vivir",
    r"(?:tome|tomar|trague|tragarme|he tomado|me tome) (?:todas|demasiadas|muchas|un monton de) "
    r"(?:\w+ ){0,2}(?:pastillas|pildoras)|cuantas pastillas (?:\w+ ){0,4}(?:morir|matar\w*)|"
    r"sobredosis (?:yo|esta noche|hoy)|forma (?:mas )?(?:facil|rapida|indolora) de (?:morir|"
    r"suicidarse|suicidarme)",
    r"mi (?:padre|madre|papa|mama|padrastro|madrastra|novio|novia|ex|marido|esposo|esposa|tio|tia|"
    r"hermano|hermana|abuelo|profesor|pareja) (?:\w+ ){0,2}me (?:pega|pego|golpea|golpeo|toca|toco|"
    r"viola|violo|maltrata|abusa|amenaza|amenazo|hace dano)|me (?:violaron|violo|estan acosando|"
    r"acosan|maltratan|pegan|amenazan|chantajean)|abus(?:an|aron|o) de mi|sufro (?:acoso|bullying|"
    r"maltrato|abusos?)|me hacen bullying",
    r"(?:tengo )?miedo (?:de|a) (?:volver|ir) a (?:mi )?casa|no estoy (?:a salvo|segur[oa]) en casa|"
    r"temo por mi vida",
    r"(?:quiero|voy a) (?:matar|apunalar) a (?:todos|alguien|mi \w+|el|ella)",
    r"(?:manana|pronto) ya no estare|este es mi ultimo (?:mensaje|adios|dia)|adios para siempre|"
    r"carta de despedida",
    r"quiero que (?:todo )?(?:el dolor |esto |todo )?(?:se )?(?:acabe|termine) (?:ya |de una vez |todo )?"
    r"(?:para siempre|el dolor|todo)",
)
GERMAN = (
    r"(?:nie|nicht|nimmer) (?:wieder|mehr) aufwachen",
    r"(?:werde|wurde|bin|werd) (?:\w+ ){0,4}gemobbt|gemobbt (?:werde|wurde|worden)|mobb(?:en|t) mich",
    r"ich will nicht mehr(?= \.|$)|ware ich (?:\w+ )?(?:lieber|gern\w*|am liebsten|\w+ )?tot|(?:bock|lust|"
    r"kraft|sinn|grund) (?:mehr )?(?:zu leben|am leben|auf das leben|im leben)|hat mich (?:\w+ ){0,3}"
    r"(?:geschlagen|missbraucht|vergewaltigt|verprugelt|angefasst|bedroht|gewurgt)|(?:will|mochte) "
    r"(?:\w+ )?(?:verschwinden|weg sein|nicht mehr aufwachen)|verdiene (?:es )?nicht zu leben|nie geboren "
    r"worden|(?:denke|dachte) (?:\w+ ){0,2}an (?:selbstmord|suizid)|tue mir (?:\w+ )?weh|habe (?:\w+ )?angst "
    r"vor meinem (?:vater|mann|freund|stiefvater)",
    r"(?:mich|mir) (?:\w+ ){0,3}(?:umbringen|umzubringen|toten|zu toten|erhangen|aufhangen|"
    r"ritzen|verletzen|das leben nehmen|das leben zu nehmen|was antun|etwas antun|die pulsadern)",
    r"bring(?:e)? mich um|ritze mich|verletze mich selbst|habe mich (?:\w+ )?(?:geritzt|verletzt "
    r"selbst|selbst verletzt)|selbstmordgedanken|suizidgedanken|(?:bin|fuhle mich) (?:\w+ )?"
    r"suizidal|(?:denke|dachte|nachgedacht|nachdenke) (?:\w+ ){0,2}(?:an|uber) (?:meinen )?(?:selbstmord|"
    r"suizid)(?! (?:in|bei|als)\b)|(?:will|mochte|werde|wollte) (?:\w+ ){0,2}(?:selbstmord|suizid) "
    r"begehen",
    r"(?:ich (?:\w+ ){0,6}(?:will|mochte|wollte|wurde)|(?:will|mochte|wollte|wurde) (?:\w+ ){0,2}ich|"
    r"(?<!.)(?:will|mochte)(?: (?:nur|einfach|endlich|nicht|am|liebsten|so|gern|gerne|eigentlich))*) "
    r"(?:\w+ ){0,2}(?:sterben|tot sein|nicht mehr (?:leben|aufwachen|da sein|"
    r"existieren|weiterleben)|verschwinden fur immer)(?! vor)",
    r"(?:ich )?ware (?:\w+ )?(?:lieber|gern|besser) tot|wunschte ich ware (?:tot|nie geboren)|"
    r"(?:ohne mich|wenn ich tot bin) (?:\w+ ){0,3}besser|besser dran ohne mich",
    r"(?:keinen|kein) (?:sinn|grund) (?:mehr )?(?:im leben|zu leben|weiterzuleben|am leben)|leben "
    r"(?:\w+ ){0,2}(?:keinen sinn|nicht (?:mehr )?lebenswert)|kann (?:\w+ )?so nicht weiterleben|"
    r"lebensmude|kann nicht mehr leben",
    r"(?:meinem leben|mein leben|allem) (?:\w+ ){0,2}(?:ein ende|beenden)|ich hasse mich|bin "
    r"(?:\w+ )?(?:wertlos|nichts wert|eine last)|niemand (?:wurde|wird) mich vermissen|niemand "
    r"liebt mich",
    r"(?:mein|meine) (?:vater|mutter|stiefvater|stiefmutter|freund|freundin|ex|mann|frau|onkel|"
    r"bruder|lehrer|trainer|eltern|partner) (?:\w+ ){0,2}(?:schlagt|schlug|schlagen|verprugelt|"
    r"missbraucht|vergewaltigt|bedroht|fasst|tut) (?:mich|mir weh)|ich (?:wurde|werde) (?:\w+ ){0,2}"
    r"(?:vergewaltigt|missbraucht|geschlagen|gemobbt|bedroht|gestalkt|erpresst)|angst nach hause zu "
    r"gehen|zuhause nicht sicher|zu hause nicht sicher|angst um mein leben",
    r"(?:zu viele|alle|alle meine) (?:\w+ )?(?:tabletten|pillen) (?:\w+ )?(?:genommen|geschluckt|"
    r"nehmen|schlucken)|wie viele (?:tabletten|pillen) (?:\w+ ){0,4}(?:sterben|todlich|umbringen)|"
    r"abschiedsbrief|(?:schmerzlos|schnellste\w*|einfachste\w*) (?:\w+ )?(?:sterben|sich "
    r"umzubringen|art zu sterben)",
    r"(?:will|werde|mochte) (?:\w+ )?(?:alle|ihn|sie|jemanden|meine[nr]? \w+) (?:umbringen|toten|"
    r"erschiessen)",
)
FRENCH = (
    r"nen peux plus (?:de vivre|de (?:cette|la|ma) vie)|envie de disparaitre|(?:me )?harcelent",
    r"(?:je me fais|me faire) (?:du )?mal|(?:souhaite|prefere|preferais|prefererais|aimerais) mourir|"
    r"(?:veux|voudrais|aimerais) disparaitre|(?:la|ma) vie na (?:plus|aucun) (?:de )?sens|(?:mon|ma) \w+ (?:beau "
    r"pere )?ma (?:\w+ )?(?:touchee?|frappee?|violee?|battue?|agressee?|menacee?)|ne merite pas de vivre|"
    r"(?:veux|voudrais|vais) en finir(?: avec (?:la vie|tout|moi|ma vie))?(?! avec (?:ce|cet|cette|ces|les|"
    r"le|l\w+)\b)|pas etre nee?|peur de mon (?:pere|mari|copain|beau pere)",
    r"(?:je )?(?:veux|vais|voudrais|envie de|pense a|penser a|essaye de|tente de|essaie de|songe a|"
    r"voulais|pensais a) (?:\w+ )?(?:mourir|me tuer|me suicider|me pendre|me faire (?:du )?mal|"
    r"m ?ouvrir les veines|disparaitre pour toujours|en finir|me couper)(?! (?:de (?:rire|honte|"
    r"faim|soif|chaud)|les cheveux|avec (?:cet|ce|les|le)\b))",
    r"(?:je )?(?:ne )?(?:veux|peux) (?:plus|pas) (?:vivre|exister|continuer a vivre|continuer comme ca|"
    r"me reveiller|etre en vie)|envie de vivre jai plus|plus envie de vivre|plus (?:de|aucune) raison "
    r"de vivre|(?:la|ma) vie ne vaut (?:pas|plus|rien)|fatigue[e]? de vivre|marre de (?:vivre|la vie)",
    r"(?:j ?aimerais|je prefererais|je voudrais) etre mort[e]?|mieux (?:sans moi|mort)|(?:mettre fin|"
    r"mets fin) a (?:mes jours|ma vie)|(?:jai|j ai|des) (?:des )?(?:idees|pensees|envies) "
    r"suicidaires|suis suicidaire|pense au suicide|penser au suicide|me suis (?:coupe|scarifie|"
    r"mutile)\w*|je me (?:scarifie|mutile|deteste|hais)|je ne vaux rien|suis un fardeau|personne ne "
    r"(?:m ?aime|me regretterait|remarquerait)",
    r"mon (?:pere|copain|mari|ex|oncle|frere|prof|entraineur|beau pere) (?:\w+ )?(?:me|ma|m) "
    r"(?:frappe|bat|touche|viole|violee?|menace|abuse|frappee?|tape)|ma (?:mere|copine|femme|tante|"
    r"soeur|belle mere) (?:\w+ )?(?:me|ma|m) (?:frappe|bat|touche|menace|tape)|(?:jai|j ai) ete "
    r"(?:violee?|agressee?|abusee?|battue?|harcelee?)|on me harcele|suis harcelee?|peur de rentrer "
    r"(?:chez moi|a la maison)|peur pour ma vie|pas en securite (?:chez moi|a la maison)",
    r"(?:pris|avale|prendre|avaler) (?:tous|toutes|trop de|plein de) (?:\w+ )?(?:cachets|medicaments|"
    r"comprimes|pilules)|combien de (?:cachets|comprimes|medicaments) (?:\w+ ){0,3}(?:mourir|tuer)|"
    r"lettre d ?adieu|adieu pour toujours|mon dernier message|(?:veux|vais) tuer (?:tout le monde|"
    r"quelqu ?un|mon \w+|ma \w+)",
)
PORTUGUESE = (
    r"(?:quero|queria|vontade de) (?:sumir|desaparecer|nao existir)|nao vejo (?:mais )?(?:sentido|razao) "
    r"(?:na|em|de|para)(?: minha)? (?:vida|viver)|nao mereco viver|nunca ter nascido|melhor (?:estar )?"
    r"mort[oa]|medo do meu (?:pai|padrasto|namorado|marido)",
    r"(?:quero|vou|queria|vontade de|penso em|pensando em|pensei em|tentei|pretendo|gostaria de) "
    r"(?:\w+ )?(?:me matar|morrer|me suicidar|suicidar me|matar me|me enforcar|me machucar|me cortar|"
    r"sumir para sempre|tirar (?:a )?minha (?:propria )?vida|acabar com (?:a )?minha vida|acabar "
    r"com tudo)(?! de (?:rir|vergonha|fome|sede|medo))",
    r"nao (?:quero|aguento|consigo) (?:mais )?(?:viver|existir|acordar|estar viv[oa]|continuar "
    r"viv\w+)|queria (?:estar mort[oa]|nunca ter nascido|nao acordar)|(?:nao (?:tenho|ha|vejo)|sem) "
    r"(?:mais )?(?:motivos?|razao|razoes|vontade) (?:para|pra|de) viver|(?:minha )?vida nao (?:vale|"
    r"tem sentido|faz sentido)|cansad[oa] de viver",
    r"melhor sem mim|ninguem (?:sentiria|vai sentir|sentira) (?:a )?minha falta|ninguem me ama|ninguem "
    r"se importa comigo|(?:tenho|com) pensamentos suicidas|sou suicida|eu me odeio|me odeio|nao valho "
    r"nada|sou um (?:peso|fardo)|me corto|me automutil\w+|me cortei",
    r"(?:meu|minha|o meu|a minha) (?:pai|mae|padrasto|madrasta|namorad[oa]|ex|marido|esposa|tio|tia|"
    r"irmao|irma|professor|parceiro) (?:\w+ )?(?:me (?:bate|bateu|agride|agrediu|toca|estupra|"
    r"estuprou|ameaca|abusa|abusou|machuca)|bate me|abusa de mim|abusou de mim)|fui (?:estuprad|"
    r"violad|abusad|agredid)[oa]|(?:sofro|sofri) (?:bullying|abuso|violencia|assedio)|medo de (?:ir|"
    r"voltar) (?:para|pra) casa|temo pela minha vida|nao (?:estou|me sinto) segur[oa] em casa",
    r"(?:tomei|tomar|engoli) (?:todos|muitos|demais|varios) (?:\w+ ){0,2}(?:comprimidos|remedios)|"
    r"quantos (?:comprimidos|remedios) (?:\w+ ){0,4}(?:morrer|matar)|carta de (?:despedida|suicidio)|"
    r"minha ultima mensagem|quero matar (?:todos|todo mundo|meu \w+|minha \w+)",
)
ITALIAN = (
    r"mi (?:picchiano|violentano|bullizzano|menano)",
    r"penso (?:\w+ ){0,2}al suicidio|non essere mai nat[oa]|(?:voglio|vorrei) (?:sparire|scomparire)|la "
    r"(?:mia )?vita non ha (?:piu )?senso|mi faccio (?:del )?male|non merito di vivere|meglio mort[oa]|paura "
    r"di mio (?:padre|marito)",
    r"(?:voglio|vorrei|volevo|sto per|penso di|pensando di|pensato di|ho voglia di|tentato di) "
    r"(?:\w+ )?(?:morire|uccidermi|ammazzarmi|suicidarmi|farla finita|farmi (?:del )?male|"
    r"impiccarmi|tagliarmi(?! i capelli)|togliermi la vita|sparire per sempre)(?! (?:dal|di) "
    r"(?:ridere|fame|sonno|risate|vergogna|noia))",
    r"(?:mi (?:uccido|ammazzo|suicido|taglio(?! i)|odio|faccio del male))|non (?:voglio|riesco) (?:piu )?"
    r"(?:a )?(?:vivere|esistere|svegliarmi|andare avanti cosi)|(?:vorrei|preferirei) essere mort[oa]|"
    r"non ho (?:piu )?(?:motiv[oi]|ragion[ei]|voglia) (?:di|per) vivere|la (?:mia )?vita non (?:ha "
    r"senso|vale)|stanc[oa] di vivere|stareste meglio senza di me|starebbero meglio senza di me",
    r"pensieri (?:suicidi|di suicidio)|penso al suicidio|nessuno (?:mi ama|sentirebbe la mia "
    r"mancanza)|non valgo niente|sono un peso|(?:mio|mia) (?:padre|madre|patrigno|matrigna|ragazzo|"
    r"ragazza|ex|marito|moglie|zio|fratello|professore) (?:\w+ )?mi (?:picchia|picchiava|tocca|"
    r"violenta|minaccia|abusa|mena)|(?:sono|sono stat[oa]) (?:violentat|abusat|picchiat|bullizzat|"
    r"minacciat)[oa]|paura di tornare a casa|temo per la mia vita|non sono al sicuro a casa",
    r"(?:preso|prendere|ingoiato) (?:tutte|troppe|tante) (?:\w+ ){0,2}(?:pillole|pastiglie|compresse)|"
    r"quante (?:pillole|pastiglie) (?:\w+ ){0,4}(?:morire|uccidere)|lettera d ?addio|addio per sempre|"
    r"voglio (?:uccidere|ammazzare) (?:tutti|qualcuno|mio \w+|mia \w+)",
)
OTHERS = (
    # Catalan
    r"(?:vull|voldria|penso en|ganes de) (?:morir(?:me)?|matar ?me|suicidar ?me|fer ?me mal)|no vull "
    r"(?:viure|continuar vivint)|em (?:vull matar|tallo|odio)|treure ?m la vida",
    # Dutch
    r"wil (?:\w+ )?verdwijnen|er niet meer zijn|geen zin meer om te leven|was ik maar dood",
    r"(?:wil|ga|zou|wou) (?:\w+ ){0,3}(?:dood(?:gaan)?|mezelf (?:\w+ ){0,2}(?:doden|pijn doen|van "
    r"kant maken|snijden)|zelfmoord (?:plegen)?|niet meer leven|er een eind aan maken)|maak mezelf "
    r"van kant|zelfmoordgedachten|(?:wil|kan) niet meer leven|geen zin meer in het leven|ik haat "
    r"mezelf|(?:vader|moeder|vriend|stiefvader) slaat mij|durf niet naar huis|word (?:geslagen|"
    r"misbruikt|gepest)",
    # Polish
    r"chce zniknac|nie widze sensu (?:zycia|zyc)|lepiej bez(?:e)? mnie",
    r"(?:chce|chcialbym|chcialabym|zamierzam|mysle o tym zeby) (?:\w+ )?(?:umrzec|sie zabic|zabic sie|"
    r"nie zyc)|nie chce (?:mi sie )?(?:juz )?zyc|mysli samobojcze|popelnic samobojstwo|mysle o "
    r"samobojstwie|(?:tne sie|okaleczam sie|nienawidze siebie)|(?:ojciec|matka|ojczym|chlopak) mnie "
    r"bije|boje sie wrocic do domu|zostal(?:am|em) (?:zgwalcon|pobit|wykorzystan)\w*",
    # Turkish
    r"yok olmak istiyorum|keske (?:olsem|dogmasaydim)|yasamanin (?:bir )?anlami yok",
    r"(?:olmek istiyorum|kendimi oldur\w+|intihar (?:et(?:mek|meyi|ecegim|sem)|dusun)\w*|yasamak "
    r"istemiyorum|kendime zarar|kendimden nefret|canima kiy\w+)|(?:babam|annem|sevgilim) beni dov\w+|"
    r"tecavuze ugradim|eve gitmeye korkuyorum",
    # Romanian
    r"(?:vreau|as vrea) (?:sa mor|sa ma omor|sa ma sinucid|sa imi fac rau)|nu (?:mai )?vreau sa "
    r"(?:mai )?traiesc|ganduri suicidare|ma urasc|tata ma bate",
    # Swedish, Danish, Norwegian
    r"(?:vill|vil|skal|ska|onskar) (?:\w+ ){0,3}(?:do|doe|dod|dode|inte leva|ikke leve|inte finnas)"
    r"(?: langre| lenger| laengere)?(?= |$)(?! av)|(?:ta|tage) (?:mitt liv|mit liv|livet av mig|livet "
    r"af mig|livet mitt|livet av meg)|(?:skar|skaer|skaerer|skarer|kutter) mig? (?:sjalv|selv)|"
    r"sjalvmordstankar|selvmordstanker|hatar mig sjalv|hader mig selv|hater meg selv|(?:pappa|far|"
    r"mamma) (?:slar|slaar) mig?",
    # Russian, Ukrainian
    r"хочется (?:умереть|не жить|исчезнуть)|меня (?:\w+ )?бьет|бьет меня",
    r"не вижу смысла (?:в жизни|жить)|лучше бы (?:я )?(?:умер\w*|не рожда\w*|сдох\w*)|хочу исчезнуть|"
    r"больше не могу жить|никому не нуж\w+",
    r"(?:хочу|хотел\w*|собираюсь|решил\w*|думаю) (?:\w+ ){0,2}(?:умереть|сдохнуть|убить себя|"
    r"покончить (?:с собои|с жизнью)|умерти|вбити себе|повеситься|порезать себя|не жить|померти)|"
    r"не хочу (?:больше |більше )?(?:жить|жити|просыпаться|существовать)|(?:мысли|думки|думаю) о "
    r"(?:самоубиистве|суициде)|покончу с собои|режу себя|ненавижу себя|жить незачем|нет смысла жить|"
    r"(?:отец|папа|отчим|парень|мать|муж) (?:меня )?(?:бьет|избивает|насилует)|меня "
    r"(?:изнасиловал\w*|избил\w*|травят|бьют|шантажируют)|боюсь идти домои",
)
# Without spaces, or with endings that no border ends.
UNSPACED = (
    # Chinese, Japanese, Korean
    r"活着(?:真的|也)?没有?意[义思]|活著(?:真的|也)?沒有?意[義思]",
    r"活着没意思|活著沒意思|不如死|想消失|活着太累",
    r"生きるのが(?:つら|辛|嫌)|生きてる意味|いなくなりたい|死んだ(?:ほう|方)が",
    r"생을 ?마감|목숨을 ?끊|극단적 ?선택을 ?하고",
    r"없어지고 ?싶|사는 ?게 ?(?:의미|힘들)",
    r"想死(?!了你)|不想活|活不下去|自杀的念头|自殺的念頭|(?:我|想|要|打算)(?:想|要|去)?自[杀殺]|"
    r"结束(?:我的|自己的)?生命|結束(?:我的|自己的)?生命|伤害自己|傷害自己|割腕|我恨我自己|没有活着的意义|"
    r"(?:爸|妈|父亲|母亲|男友|他)(?:打|虐待|强奸)我|我被(?:强奸|性侵|欺负|霸凌|虐待)",
    r"死にたい|しにたい|消えてしまいたい|消えたい|自殺(?:したい|しよう|を考え)|生きて(?:い)?たくない|"
    r"生きる意味がない|リストカット(?:し)|自傷(?:し|が)|自分(?:を|が)(?:傷つけ|殺|嫌い)|殺される|"
    r"(?:父|母|彼氏|彼)(?:に|が私を)(?:殴|暴力)|レイプされ|いじめられて",
    r"죽고 ?싶|자살(?:하고|할|을 생각|충동)|살고 ?싶지 ?않|살기 ?싫|자해(?:를|했|하)|사라지고 ?싶|"
    r"(?:아빠|엄마|남자친구)가 (?:나를 |저를 )?때|성폭행(?:을)? 당|왕따(?:를)? 당",
    # Arabic, Persian, Hebrew, Hindi
    r"(?:اريد|أريد|بدي|عايز|عاوز|ابغى) (?:ان |أن )?(?:اموت|أموت|اقتل نفسي|أقتل نفسي|انتحر|أنتحر)|"
    r"افكر في الانتحار|أفكر في الانتحار|لا اريد (?:ان )?(?:اعيش|العيش)|لا أريد (?:أن )?(?:أعيش|العيش)|"
    r"اكره نفسي|أكره نفسي|(?:ابي|أبي|زوجي) يضربني|اغتصبني",
    r"(?:می ?خواهم|میخوام|می خوام) (?:بمیرم|خودکشی کنم|خودم را بکشم|خودمو بکشم)|نمی ?خو\w+ زنده",
    r"רוצה למות|להתאבד|לא רוצה לחיות|לפגוע בעצמי|שונאת? את עצמי|אבא (?:שלי )?מרביץ לי",
    r"मरना चाहत|आत्महत्या कर|जीना नह|जीने का मन नह|खुद को (?:मार|चोट|नुकसान)",
)
