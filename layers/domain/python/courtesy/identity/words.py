"""Words that identity must know: titles, generations, street types, short forms of given names, values that mean nothing."""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _listed(
    "mr mrs ms miss mx dr prof professor sir dame lady lord rev reverend hon herr frau fraulein monsieur madame mme "
    "mlle senor senora sra don dona ing dipl mag messrs master capt captain col colonel major sgt"
)

SALUTATIONS = _listed("mr mrs ms miss mx herr frau monsieur madame mme mlle senor senora")
"""Titles that are nobody's name, also where they stand alone."""

GENERATIONS = {
    "jr": "2", "junior": "2", "jnr": "2", "ii": "2", "sr": "1", "senior": "1", "snr": "1", "iii": "3", "iv": "4",
}  # fmt: skip

MEANINGLESS = _listed(
    "na nan n a none null nil unknown unk undefined missing test tester testing dummy anonymous anon tbc tba tbd "
    "xxx xxxx xx x asdf qwerty nobody noname keine kein unbekannt inconnu desconocido blank empty leer vide withheld "
    "undisclosed customer kunde client cliente"
) | {
    "not disclosed", "not stated", "not specified", "address unknown", "unknown address", "no address", "no fixed address",
    "no email", "no phone", "unknown unknown", "test test",
} | {"not given", "not provided", "not known", "not available", "not applicable", "no name", "to be advised", "n a"}  # fmt: skip

NAMES_TOO = _listed("Na Nan Null Blank")
"""Names of many people, written as names are; in any other letters they mean that nothing is known."""

ROLE_ADDRESSES = _listed(
    "info office contact sales admin service support mail post reception enquiries inquiries hello team accounts "
    "billing noreply no-reply donotreply nobody none na unknown test nomail noemail no-email webmaster postmaster "
    "kontakt buero verkauf accueil ventas"
)

EMPTY_DATES = frozenset(
    {
        "19000101", "19010101", "18991230", "18991231", "19700101", "99991231", "00010101", "00000000", "11111111",
        "20000000", "19000000", "22222222", "12345678", "99999999",
    }
)  # fmt: skip

_STREET_TYPES = """
street st str; road rd; avenue ave av; drive dr drv; lane ln; court ct crt; place pl; crescent cres cr crs;
close cl; circuit cct circ; terrace tce ter terr; boulevard blvd bvd; highway hwy; parade pde; square sq; way wy;
grove gr grv; gardens gdns; parkway pkwy; circle cir; trail trl; esplanade esp; strasse strase stras; platz plz;
rue r; chemin ch; calle c; avenida avda; via v; plaza pza; mount mt; saint snt; north n; south s; east e; west w;
apartment apt appt; suite ste; floor fl; flat flt; building bldg; unit u; room rm; lot lt; number no nr num
"""

STREET_WORDS: dict[str, str] = {
    word: words[0] for words in (line.split() for line in _STREET_TYPES.split(";")) for word in words
}
"""Street types and directions in all their spellings, to one."""

STREET_TYPES = _listed(
    "street road avenue drive lane court place crescent close circuit terrace boulevard highway parade square way grove "
    "gardens parkway circle trail esplanade strasse platz rue chemin calle avenida via plaza"
)

_SHORT_FORMS = """
abigail abby gail; adelaide addie; agnes aggie; albert al bert bertie; alexander alex alec sandy xander sasha sascha;
alexandra alex sandra sandy lexi alexa sasha; alfred alf alfie fred; alice ali allie; alison ali allie; amanda mandy;
andrew andy drew andreas; angela angie; ann anne anna annie nan nancy; anthony tony antonio antony; arthur art artie;
augustus gus august; barbara barb babs barbie; bartholomew bart; benjamin ben benny benji; bernard bernie bern;
bradley brad; bridget biddy bridie; caleb cal; calvin cal; cameron cam; caroline carol carrie carolyn lina;
catherine katherine kathryn cathy kathy kate katie kit kitty katy kathleen cath katharina katrin; cecilia cissy celia;
charles charlie chuck chas karl carl chaz; charlotte lottie charlie lotte; christina christine chris chrissie tina
kirsten; christopher chris kit topher kris christoph; clarence clare; clifford cliff; cornelius con connie neil;
cynthia cindy; daniel dan danny dani; david dave davey davy; deborah deb debbie debra; dennis denny den; diana di
diane; dominic dom nick; donald don donny; dorothy dot dottie dolly dora; douglas doug; edmund ed eddie ted ned;
edward ed eddie ted ned teddy; edwin ed eddie; eleanor ellie nell nora elle lena; elizabeth liz lizzie beth betty bess
eliza libby elsie lisa elisabeth betsy lisbeth elise; emily em emmy; emma em emmy; eric rick; ernest ernie; esther
essie hester; eugene gene; evelyn eve evie; ferdinand ferdi nando; florence flo flossie; frances fran fanny francie;
francis frank fran francisco franz; franklin frank; frederick fred freddie fritz friedrich rick; gabriel gabe; gabrielle
gabby gabi; geoffrey jeffrey geoff jeff; george georgie georg; gerald gerry jerry; gerard gerry; gertrude gert trudy;
gillian gill jill; gregory greg; gustav gus; hannah hanna; harold harry hal; harriet hattie; harrison harry; helen nell
ellen lena helena; henry harry hank hal heinz heinrich; herbert bert herb; hilary hil; howard howie; hubert bert;
hugh hughie; ian iain; irene rene; isaac ike zac; isabel isabella bella izzy belle isobel; jacob jake jakob; jacqueline
jackie; james jim jimmy jamie jem; jane janey jenny; janet jan; jasmine jas; jennifer jen jenny jenna; jeremy jerry jem;
jessica jess jessie; joan joanie; joanna jo joanne joey; johann hans; john jack johnny jon; jonathan jon jonny nathan;
joseph joe joey josef sepp jose pepe; josephine jo josie; joshua josh; judith judy jude; julia julie jules; julian jules;
katelyn kate katie; kenneth ken kenny; kimberley kim kimberly; kristina kris tina; laura laurie; lauren laurie; laurence
lawrence larry laurie lorenz; leonard len leo lenny; leslie les lesley; lewis lew louis; lilian lily lil; louis lou louie
ludwig; louise lou; lucas luke lukas; lucille lucy; lucy lulu; lydia liddy; mackenzie mac; madeline maddie madeleine
maddy; margaret maggie meg peg peggy marge margie greta rita daisy madge gretel; maria marie mary; martha marty mattie;
martin marty; mary molly polly mae mamie; matilda tilly mattie; matthew matt matty matthias; maureen mo; maximilian max
maxim; maxwell max; megan meg; melanie mel; melinda mel mindy; melissa mel lissa missy; mercedes mercy; michael mike mick
mickey mitch micky michel; michelle shelly chelle; mildred millie; miranda mandy randy; mitchell mitch; mohammed mohamed
muhammad mo; nathan nate nat; nathaniel nate nat nathan; natalie nat natasha; nicholas nick nicky nicolas klaus nico niko;
nicole nicky nikki; norman norm; oliver ollie olli; olivia liv livvy; oscar ossie; pamela pam; patricia pat patty tricia
trish patsy; patrick pat paddy pat; paul pauly pablo; paula polly; penelope penny; peter pete peter pedro; philip phil
pip phillip; priscilla cilla; rachel rae rach; ralph rafe; randolph randy; raymond ray; rebecca becky bec becca; reginald
reg reggie; richard rick dick rich richie ricky ritchie; robert bob bobby rob robbie bert robin; roberta bobbie; roderick
rod rick; rodney rod; roger rog; roland rolly; ronald ron ronnie; rosemary rose rosie; roy; rudolf rudi rudy; russell russ;
samantha sam sammy; samuel sam sammy; sarah sally sara sadie; sebastian seb bastian; sharon shaz; shirley shirl; sidney
sid; simon si; sophia sophie sofia; solomon sol; stanley stan; stephanie steph stef; stephen steven steve stevie stefan;
stuart stu stewart; susan sue susie suzy susanna suzanne; sylvester sly; sylvia syl; tabitha tabby; teresa theresa terry
tess tessa; terence terry; thaddeus thad; theodore ted theo teddy; thomas tom tommy; timothy tim timmy; tobias toby;
valentina val tina; valerie val; vanessa nessa; veronica ronnie vera; victor vic; victoria vicky tori vikki; vincent vin
vince vinny; violet vi; virginia ginny ginger; vivian viv; walter walt wally; wilfred wilf fred; wilhelm willi;
william bill billy will willie liam wilhelm; winifred winnie freda; winston win; zachary zac zach zack; zoe zoey
"""


def _short_forms() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(_SHORT_FORMS.replace("\n", " ").split(";")):
        for name in line.split():
            groups.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in groups.items()}


SHORT_FORMS: dict[str, frozenset[int]] = _short_forms()
"""Given name -> the groups of names that one person may go by. A name may be in several."""

FULL_FORMS: tuple[str, ...] = tuple(line.split()[0] for line in _SHORT_FORMS.replace("\n", " ").split(";"))
"""By number of the group the name that the others are short for."""

_FURTHER_GIVEN = """
ada adele adrian adriana agnes ahmed aisha alan albert alberto alejandro alessandro ali alice alicia alina alison alma amelia
amir amy ana anders andre andrea andres angel anita anja anke anna anne annette anton antonia antonio arthur astrid
audrey aurora ava axel beate beatrice beatriz bernd bernhard bernadette birgit bjorn boris brandon brenda brent brett brian
bridget brigitte bruce bruno bryan caleb carina carla carlos carmen carol caroline carsten cassandra cecilia celia chad chiara
chloe christa claire clara claudia claudio clara colin cora craig cristina dale damian daria dario darren dean denise derek detlef
diego dieter dina dirk donna doreen doris dustin dylan eduardo elena elias elif elke ella ellen elsa enrique eric erica erich
erik erika erin ernesto ethan eva evan fabian fatima felix fernando fiona frank franka franziska gail gary gavin gemma genevieve
gerd gerhard gisela giulia gloria gordon grace grant guido gunter guy gwen hans harald hassan hazel heather heidi heike heiko
helga helmut herman hiroshi holger holly horst hugo ibrahim ida igor ilse ines inga ingo ingrid inge ivan ivy jaime jan jana janice
jared jason jay jean jeanne jens jesse jill joachim joel jonas jordan jorg jorge jorn jose joyce juan juana juergen jurgen jutta
kai kara karen karin karina karla karsten kathleen kathrin katja kay keith kelly kerstin kevin kirk kirsten kurt kyle lance lars lea
leah leila lena leon leona leroy levi lillian linda lisa lloyd logan lola lorenzo lorraine luca lucia luigi luis luisa lukas luke
mabel magda malcolm mandy manfred manuel manuela mara marc marcel marcia marco marcus maria marianne marina mario marion marisa mark
markus marlene martina marvin mason mateo mats maya mehmet mei melissa mia michaela miguel miriam mona monica monika morgan murray
nadia nadine nancy naomi natascha neil nick nina noah noel nora norbert norma ole olga omar otto owen pablo paolo pascal paulina
pavel pedro phyllis pia pierre priya quentin rafael rainer ralf ramon raul regina renate rene reinhard rita roberto robin rolf
roman rosa ross roy ruben ruth ryan sabine sabrina sandra sara saul sascha scott sean selina sergei sergio seth shane shannon sheila
shaun sigrid silke silvia simone sina sofia sonia sonja stacy stella sten sven svenja tamara tanja tanya tara tariq tatjana tessa
thea theresa thorsten tilo tina todd tomas torsten tracy travis trevor troy udo ulf ulrich ulrike ursula ute uwe vera verena vernon
vicente viktor viola volker wade waltraud wanda warren wayne wendy werner wesley wolfgang xavier yasmin yusuf yvonne zofia
dorothea frieda johanna julius karoline magdalena ottilie rosina wilhelmine agatha abigail ethel flora harriet jemima mercy phoebe
christian christiane christoph christel justin justine henri henrike michele michel carl carlo paul paula jean jeanne
brooke taylor tyler tyson kyla kylie lachlan mitchell jasmin sienna imogen jayden hayden hannah harrison bailey riley cooper amber
"""

GIVEN_NAMES: frozenset[str] = frozenset(SHORT_FORMS) | _listed(_FURTHER_GIVEN)
"""Names that are often given: two of them that look alike are two names, not one with a slip of the pen."""
