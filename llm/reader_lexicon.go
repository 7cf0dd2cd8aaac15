package llm

import "strings"

// What a word is in a sentence, besides what it means.
type class uint32

const (
	filler    class = 1 << iota // says nothing: «please», «donc», «now»
	polite                      // … but shows that it is a request
	negation                    // «not», «pas», «never», «sans»
	question                    // «why», «est-ce que», «combien»
	doubt                       // «should», «maybe», «devrait», «I think»
	reported                    // «says», «told», «a écrit», «the docs»
	condition                   // «if», «unless», «demain», «later»
	pronoun                     // stands for a thing: «it», «le», «that one»
	subject                     // «I», «you», «bob»'s place: «je», «il»
	auxiliary                   // «was», «has», «a», «est»
	function                    // articles, prepositions
	generic                     // a noun for the sort of thing: «service», «conteneur»
	pretence                    // what tries to talk the reader into something: «ignore», «system», «override»
	light                       // a verb that does little by itself: «do», «make», «lance»
	order                       // a form in which one tells somebody to do it: imperative, infinitive
	deed                        // the noun of doing it: «redémarrage»
	told                        // a form that tells of it: «restarted», «redémarré»
	tells                       // … and the form is also the third person: «n8n redémarre»
)

// lexicon is general knowledge of English and French: words that mean the same, without accents. It knows nothing of
// what Vigie can do; a word that is not here means itself. Before a colon stand what the words mean, if they are more
// than their class, and the class.
var lexicon = map[class]string{
	filler: `now maintenant just juste donc alors bon allez vite quickly quick rapidement asap right away hey hi yo hm hmm euh heu ah oh eh ben well so
		ok okay okey vigie bot here ici vas y go ahead actually enfin voila immediately me moi my mon ma mes nous us really vraiment
		lol mdr tonight ce soir currently actuellement recently recemment guys mate man only seulement uniquement also aussi too there la-bas back truc thing stuff again encore re`,
	polite:    `please pls plz plse stp svp merci thanks thx`,
	negation:  `not no never dont doesnt didnt cant wont isnt shouldnt wouldnt couldnt don didn doesn isn aren wasn weren won wouldn shouldn couldn cannot without nobody none neither nor ne n pas jamais sans aucun aucune personne rien ni non nope nul avoid evite evitez eviter inutile useless refuse refrain instead rather hold leave laisse laissez`,
	question:  `why pourquoi when quand how comment who qui what whats quoi que qu which quel quelle quels quelles where ou did does do is are was were has have had combien many much hows whos whens could would may might can est-ce`,
	doubt:     `should risky risk risque dangerous dangereux safe maybe perhaps peut-etre think pense penses believe crois guess suppose devrais devrait devrions devrez might probably probablement wonder wondering demande could pourrais pourrait serait would suis`,
	reported:  `says said say told tells wrote writes written ecrit dit disait disent dire raconte wants veut voulait asked asks quote quoted cite according selon docs doc says button bouton boss chef translate traduis traduire means poem poeme joke blague example exemple email mail`,
	condition: `if unless si sauf when quand lorsque lorsqu once until jusqu till after apres before avant tomorrow demain later tard while pendant-que tantot monday lundi morning matin weekend`,
	pronoun:   `it its that this them one ones le la les lui ca cela celui celle ceux leur leurs son sa ses thing truc machin`,
	subject:   `i you he she we they u ya je tu il elle on nous vous ils elles j t s somebody someone quelqu everyone everybody nobody`,
	auxiliary: `is are was were be been being has have had a ai as avons avez ont est es sont etait ete suis sommes etaient s re m ve ll d will must has doit dois doivent`,
	light:     `do give make take have faire fais fait faites donne donner prends prendre run launch lance lancer perform mets mettre`,
	function: `pendant during durant contenant containing contient contiennent seems seem semble parait looks than the a an of for to on at in with from by and or de du des d l un une le la les au aux en sur dans pour par avec et ou y c ce cet cette ces that which my our your notre votre nos
		than as up-to lot bit some any all-of per via this these those his her their chez depuis since over then puis last past derniers dernier derniere dernieres moins plus more most least very tres encore still e m s t n j qu i is are am be was were
		do does did there it its me moi tell dis can could would out about as if into onto going doing go goes va vont vas ont a y il elle est sont tu vous je on ca se our u w me one both have has had`,
	generic:  `service services container containers conteneur conteneurs app apps application applications server serveur database databases db base bases bdd instance stack pile site sites process image images`,
	pretence: `ignore ignores oublie forget system systeme prompt root admin override contourne bypass pretend instructions instruction regles rules consigne policy politique authorize autorise token assistant execute exec sudo skip sauter confirmation print previous precedentes bash sh curl script`,
}

// meanings are groups of words that mean the same; the first names the group. Each line has: what one says to have it
// done (with a +, it is French that also tells: «n8n redémarre») | the noun of doing it | what tells of it.
var meanings = []string{
	"restart reboot bounce relaunch redemarre+ redemarrer redemarrez relance+ relancer relancez reboote+ rebooter reload-service | redemarrage relancement | restarted restarts restarting rebooted rebooting redemarres redemarrait redemarree redemarrent relancee",
	"stop halt kill arrete+ arreter arretez stoppe+ stopper stoppez eteins eteindre eteignez coupe+ couper coupez shutdown | arret extinction | stopped stops stopping killed arretee arretes arretent eteint coupee",
	"start boot demarre+ demarrer demarrez allume+ allumer allumez rallume+ rallumer | demarrage | started starts starting booted demarree demarres allumee",
	"launch run lance+ lancer lancez execute | lancement | launched ran running-it lancee",
	"recreate rebuild recree+ recreer recreez | recreation | recreated rebuilt recreating recrees",
	"update upgrade maj | | updated upgraded updates updating upgrading",
	"pull fetch download telecharge+ telecharger telechargez recupere+ recuperer recuperez get | telechargement | pulled fetched downloaded",
	"restore restaure+ restaurer restaurez rollback | restauration restoration | restored restoring restores restaurations restauree",
	"backup sauvegarde sauvegarder sauvegardez save | backups sauvegardes | backed sauvegardee sauvegardees saved",
	"dump dumpe+ dumper | dumps | dumped",
	"remove delete supprime+ supprimer supprimez efface+ effacer drop wipe erase retire+ retirer rm | suppression | deleted removed supprimee dropped",
	"clean tidy nettoie+ nettoyer nettoyez menage cleanup | nettoyage | cleaned",
	"prune | | pruned pruning",
	"mute silence snooze sourdine taire | | muted silenced",
	"unmute reactive+ reactiver | | unmuted",
	"maintenance | |",
	"ack acknowledge acquitte+ acquitter occupe | | acknowledged acked",
	"undo revert defais defaire | | undone reverted",
	"cancel annule+ annuler annulez abort | annulation | cancelled",
	"pin epingle+ epingler | | pinned",
	"test teste+ tester tests testez essai essaie rehearse | repetition | tested testing",
	"send envoie+ envoyer envoyez envoi | | sent",
	"prove prouve+ prouver | preuve proof | proved",
	"unlock deverrouille+ deverrouiller | | unlocked",
	"apply applique+ appliquer | | applied",
	"bring remonte+ remonter remets remettre mets mettre met put rends take turn switch passe+ passer roll | | brought",
	"end termine+ finis finir finish ferme+ close | fin | ended finished finie fini",
	"check verifie+ verifier verifiez checks controle+ controles controler sonde sondes | verification | checked",
	"continue resume reprends reprendre | reprise | resumed",
	"speak talk answer-me parle+ parler parlez | | spoke",
	"free libere+ liberer | |",
}

// senses are the same for words that nobody orders by.
var senses = []string{
	"log logs journaux line lines ligne lignes logging", "error errors erreur erreurs err errs exceptions exception warnings",
	"say says dit raconte racontes", "follow tail suis suivre suit live",
	"show see display montre montrer affiche afficher voir gimme give file donne donner list lists liste lister view", "look looking regarde regarder inspect inspecte inspecter diagnose diagnostique diagnostic debug investigate",
	"down broken crashed crash crashes crashing dead stuck slow hung casse cassee cassees panne plante plantes plantee planter tombe tombee ko hs rame bloque bloquee bug bugge meurt meurent mourir dies die dying failing failed failure echoue unhealthy issue issues probleme problemes problem problems souci soucis wrong mal matter unavailable loop boucle frozen freeze load-not attention mauvaise",
	"up fine ok okay good well healthy alive bien tourne tournent running runs marche marchent fonctionne fonctionnent roule bon bons bonne bonnes works work working worked respond responds answers answer repond repondent reponse reachable load",
	"status state statut etat health sante overview resume-etat summary",
	"all everything every tout tous toute toutes whole entire entirely complet",
	"new newest latest nouvelle nouvelles nouveau nouveaux recent version versions", "old older anciens anciennes ancien ancienne vieux vieilles vieille obsolete outdated",
	"disk df disque disks storage stockage drive", "memory mem ram memoire", "cpu processeur processor", "machine host server serveur hote vps box", "full plein pleine remplit fills", "space room place espace", "left reste remaining restant restent restante",
	"use uses using used usage utilise utilisent consomme consomment conso consumption eating eats bouffe prend takes hog hogging",
	"money argent sous euros dollars usd", "cost costs coute coutent coutaient cout couts spend spent spending depense depenses depensent claque expensive expenses expense costing coute bill facture cher price", "budget budgets", "model models modele modeles", "key keys cle cles", "provider providers fournisseur fournisseurs", "tag tags etiquette etiquettes",
	"alert alerts alerte alertes alarm alarms alarme incident incidents notification notifications", "critical critique grave", "warning avertissement",
	"certificate certificates cert certs certificat certificats tls ssl", "expire expires expirent expiration expiry", "website websites site sites endpoint endpoints page pages web url urls",
	"heartbeat heartbeats battement battements", "fresh fraiche fraiches", "late retard overdue missing manque manquant",
	"snapshot snapshots cliche cliches", "repository repo depot depots repositories", "job jobs tache taches task tasks", "next prochaine prochain suivante", "image images", "unused inutilisees inutilisee inutile dangling useless",
	"service services container containers conteneur conteneurs", "app apps application applications appli applis", "database databases db base bases bdd", "stack pile",
	"pending waiting waits attend attendent attente approvals approval accord accords", "history historique happened happen happens passe passee changed change changes changement changements", "today aujourd aujourdhui jour journee daily", "week semaine weekly hebdo", "month mois monthly mensuel",
	"journal audit", "intact tampered tamper altered touche modifie integrity", "help aide aider", "allowed may right rights droit droits permission permissions peux", "french francais fr", "english anglais en", "hello hi hey bonjour bonsoir salut coucou evening", "board tableau", "off", "bot bots", "message messages", "date datent", "dumpable", "file files fichier fichiers", "setting settings reglage reglages config configuration environment environnement env", "data donnees", "docker", "smoke fumee",
	"search cherche chercher grep find trouve", "open ouverte ouvertes ouvert ouvre ouvrir", "crash-loop", "last dernier derniere dernieres derniers", "health-check healthcheck healthchecks", "why pourquoi", "who qui", "when quand", "how comment hows", "deal",
}

// idioms are several words that are one; what they mean is a word of the lists above, or nothing.
var idioms = map[string]string{
	"mets a jour": "update", "remets a jour": "update", "remet a jour": "update", "remettre a jour": "update", "mettre a jour": "update", "met a jour": "update", "mettez a jour": "update", "mise a jour": "updated", "mises a jour": "updated", "tenir a jour": "updated", "a jour": "fresh",
	"turn off": "stop", "switch off": "stop", "shut down": "stop", "shuts down": "stopped", "turn on": "start", "switch on": "start", "fire up": "start", "boot up": "start", "spin up": "start",
	"back up": "backup", "rolled back": "restored", "roll back": "restore", "bring back": "restore", "up to date": "fresh",
	"bring up": "start", "turn back on": "start", "bring back up": "start", "take down": "stop", "remets en route": "start", "mets en route": "start", "remettre en route": "start", "mets en sourdine": "mute", "mettre en sourdine": "mute", "remets en marche": "start",
	"health checks": "health-check", "health check": "health-check", "controles de sante": "health-check", "controle de sante": "health-check",
	"can t": "not", "won t": "not", "aujourd hui": "aujourdhui",
	"s il te plait": "please", "s il vous plait": "please", "merci de": "please", "est ce que": "est-ce", "est ce qu": "est-ce", "qu est ce que": "what", "qu est ce qu": "what", "qu est ce qui": "what", "est ce": "est-ce", "c est quoi": "what", "t as": "tu as", "peut etre": "maybe",
	"shut up about": "mute", "fais taire": "mute", "laisse moi tranquille": "mute", "leave me alone": "mute", "tous les": "", "all the": "all", "of the": "", "a l air": "", "tout de suite": "", "tout le temps": "loop", "tt le temps": "loop", "creve tt le temps": "loop", "creve tout le temps": "loop", "creve encore": "crash", "tout le tps": "loop", "tt le tps": "loop", "sans cesse": "loop", "all the time": "loop", "right now": "", "ce soir": "", "tonight": "", "en cours": "open", "en route": "route", "vas y": "", "go ahead and": "", "go ahead": "", "what s up": "status", "whats up": "status",
	"en tant que": "admin", "en tant qu": "admin", "as an": "admin", "comme si": "admin", "i think": "think", "je pense": "think", "on dirait": "", "as it was": "", "comme avant": "before-that", "en arriere": "before-that",
}

// requests are the ways to begin a request; what follows is what is requested. Those with a «?» stay one when they end in a question mark.
var requests = words(`can you?|can u?|could you?|could u?|would you?|will you?|can you please?|could you please?|please do|i want you to|i need you to|i d like you to|i would like you to|i want to|i need to|i d like to|i would like to|we need to|let s|you can|
	peux tu?|tu peux?|pourrais tu?|tu pourrais?|pouvez vous?|vous pouvez?|pourriez vous?|tu veux bien?|peux tu me?|tu peux me?|je veux|je voudrais|j aimerais|je veux que tu|je voudrais que tu|j aimerais que tu|il faut que tu|il faut|faut|il faudrait|faudrait|veuillez|est-ce tu peux?|est-ce que tu peux?`)

func words(s string) (list [][]string) {
	for _, r := range strings.Split(s, "|") {
		list = append(list, strings.Fields(strings.ReplaceAll(r, "?", " ?")))
	}
	return list
}
