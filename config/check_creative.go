package config

import (
	"path"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const (
	defaultCreativeDeadline = Duration(30 * time.Minute)
	mostDeadline            = Duration(90 * time.Minute) // a step of a plan has 2 h
	// mostPrice is in dollars for a piece or a second, and mostLength in seconds: above, it is a slip of the finger.
	mostPrice, mostLength = 100.0, 3600
)

var (
	defaultAssetDatabases = []string{"n8n", "litellm", "postgres"}
	creativeResults       = []string{"comfyui", "remotion", "url", "assets"}
)

func (l *loader) checkAssets() {
	a := &l.cfg.Assets
	a.Database = l.postgres("assets", EnvAssets, &a.DSN, &a.DSNFile)
	given := !a.Database.IsZero() || a.DSNFile != "" || a.DSN != ""
	const databases = "assets.databases"
	switch there := l.doc.has("assets"); {
	case !there && !given:
		return
	case !given && l.cfg.LiteLLM.Database.IsZero() && l.cfg.Scores.Database.IsZero() && !l.below("litellm") && !l.below("scores"):
		l.add("assets.dsn_file", ops.T("it needs a PostgreSQL to look into; put the address of one into a file (chmod 600) and write its name: dsn_file = \"assets.dsn\", or set %s",
			"il faut un PostgreSQL où regarder ; mets l’adresse d’un dans un fichier (chmod 600) et écris son nom : dsn_file = \"assets.dsn\", ou définis %s", EnvAssets))
	case !given && len(a.Databases) > 0:
		l.add(databases, ops.T("they are of the server that dsn_file names, and there is none; add it, or remove databases", "ce sont celles du serveur que nomme dsn_file, et il n’y en a pas ; ajoute-la, ou enlève databases"))
	case given && !l.doc.has(databases):
		a.Databases = slices.Clone(defaultAssetDatabases)
	}
	for i, name := range a.Databases {
		if key := element(databases, i); (name == "" || len(name) > 63 || strings.ContainsAny(name, " /?&=\"'\\")) && !l.told(key) {
			l.add(key, ops.T("%s is no database's name; write it as psql -l shows it", "%s n’est pas un nom de base ; écris-le comme psql -l le montre", quoted(name)))
		}
	}
	a.Wanted = true
}

func (l *loader) checkCreative() {
	if !l.doc.has("creative") {
		return
	}
	c := &l.cfg.Creative
	l.checkServer("creative.url", &c.URL, "https://n8n.example.org/webhook/creative-pipeline")
	if strings.Contains(c.URL, "/webhook-test/") && !l.told("creative.url") {
		l.add("creative.url", ops.T("n8n answers there only while somebody listens in its editor; write …/webhook/…, without -test", "n8n n’y répond que pendant que quelqu’un écoute dans l’éditeur ; écris …/webhook/…, sans -test"))
	}
	if c.HeaderFile != "" {
		c.HeaderFile = abs(l.dir, c.HeaderFile)
		c.Header = l.readHeader("creative.header_file", c.HeaderFile)
		l.checkInTheClear("creative.url", c.URL, c.Header.Value)
	}
	l.checkSpanIn("creative.deadline", &c.Deadline, defaultCreativeDeadline, Duration(time.Minute), mostDeadline)
	if len(c.Routes) == 0 && !l.below("creative.routes") {
		l.add("creative", ops.T(`it does not say what leads where, and the pipeline sends what it does not know to a provider that is paid; add [[creative.routes]] with type = "image"`,
			`on ne sait pas ce qui mène où, et le pipeline envoie ce qu’il ne connaît pas chez un fournisseur payant ; ajoute [[creative.routes]] avec type = "image"`))
	}
	seen, paid := map[string]bool{}, false
	for i := range c.Routes {
		l.checkCreativeRoute(element("creative.routes", i), &c.Routes[i])
		l.checkCreativeTwice(element("creative.routes", i), c.Routes[i], seen)
		paid = paid || c.Routes[i].Price > 0
	}
	const limit = "creative.daily_limit"
	switch {
	case l.told(limit):
	case paid && !l.doc.has(limit):
		l.add(limit, ops.T("some of its routes are paid; write how many dollars they may cost together in a day: daily_limit = 2", "certaines de ses routes sont payantes ; écris combien de dollars elles peuvent coûter ensemble par jour : daily_limit = 2"))
	case c.DailyLimit < 0 || c.DailyLimit > mostBudget:
		l.add(limit, ops.T("write a number of dollars, 0 for none", "écris un nombre de dollars, 0 pour rien"))
	}
}

func (l *loader) checkCreativeRoute(at string, r *CreativeRoute) {
	for key, word := range map[string]string{"type": r.Type, "provider": r.Provider} {
		if k := child(at, key); !oneWord.MatchString(word) && !l.told(k) {
			l.add(k, ops.T(`%s is no word that the pipeline could know; write type = "image" and provider = "comfyui", in its own words`, `%s n’est pas un mot que le pipeline connaîtrait ; écris type = "image" et provider = "comfyui", dans ses mots à lui`, quoted(word)))
		}
	}
	l.checkCreativePrice(at, r)
	result := child(at, "result")
	switch broken := r.Broken != (Why{}); {
	case l.told(result), broken && r.Result == "":
	case !slices.Contains(creativeResults, r.Result):
		l.add(result, ops.T("it does not say where what it makes is found; write comfyui, remotion, url (where the pipeline's answer says) or assets (in the register)", "on ne sait pas où trouver ce qu’elle fait ; écris comfyui, remotion, url (là où le dit la réponse du pipeline) ou assets (dans le registre)"))
	case !broken && (r.Result == "comfyui" || r.Result == "remotion" || r.Result == "assets") && !l.doc.has(r.Result) && (r.Result != "assets" || !l.cfg.Assets.Wanted):
		l.add(result, ops.T("there is no table [%[1]s] to look there; add it", "il n’y a pas de table [%[1]s] pour y regarder ; ajoute-la", r.Result))
	case r.Result != "url" && r.Result != "assets" && len(r.From) > 0:
		l.add(child(at, "from"), ops.T("nothing is fetched from an address on this route; remove it", "rien ne se prend à une adresse sur cette route ; enlève-la"))
	}
	for i, host := range r.From {
		if _, err := path.Match(host, ""); err != nil || host == "" || strings.ContainsAny(host, "/: ") || strings.Trim(host, "*.") == "" {
			l.add(element(child(at, "from"), i), ops.T(`%s is no host; write "*.example.org", without https:// and not everything`, `%s n’est pas un hôte ; écris "*.example.org", sans https:// et pas tout`, quoted(host)))
		}
	}
	if r.Broken.En == "" {
		r.Broken.En = r.Broken.Fr
	}
	if r.Broken.Fr == "" {
		r.Broken.Fr = r.Broken.En
	}
}

// checkCreativePrice wants every price said, also that something is free: nobody is to find out from a bill.
func (l *loader) checkCreativePrice(at string, r *CreativeRoute) {
	price, per, seconds, most := child(at, "price"), child(at, "per"), child(at, "seconds"), child(at, "most_seconds")
	switch {
	case l.told(price):
	case !l.doc.has(price):
		l.add(price, ops.T("it does not say what it costs; write price = 0 if it is free, or the dollars for each piece or second", "on ne sait pas ce que ça coûte ; écris price = 0 si c’est gratuit, ou les dollars par pièce ou par seconde"))
	case !(r.Price >= 0 && r.Price <= mostPrice):
		l.add(price, ops.T("write the dollars for each piece or second, from 0 to %d", "écris les dollars par pièce ou par seconde, de 0 à %d", int(mostPrice)))
	}
	switch {
	case l.told(per), r.Per == "piece", r.Per == "second", r.Per == "" && r.Price == 0:
	default:
		l.add(per, ops.T("%s is nothing to pay for here; write piece or second", "%s n’est pas une unité ici ; écris piece ou second", quoted(r.Per)))
	}
	l.checkNumber(most, &r.MostSeconds, 0, 1, mostLength)
	switch {
	case l.told(most) || l.told(seconds):
	case r.Per == "second" && r.Price > 0 && r.MostSeconds == 0:
		l.add(most, ops.T("what is paid by the second needs the most seconds that may be asked for: most_seconds = 10", "ce qui se paie à la seconde demande le plus de secondes qu’on peut demander : most_seconds = 10"))
	case l.doc.has(seconds) && (r.Seconds < 1 || r.Seconds > r.MostSeconds):
		l.add(seconds, ops.T("%d is out of bounds; write a whole number from %d to %d", "%d est hors limites ; écris un nombre entier de %d à %d", r.Seconds, 1, r.MostSeconds))
	}
}

// checkCreativeTwice wants one route for each type and model: two could differ in price.
func (l *loader) checkCreativeTwice(at string, r CreativeRoute, seen map[string]bool) {
	models := r.Models
	if len(models) == 0 {
		models = []string{""}
	}
	for _, m := range models {
		what := strings.ToLower(r.Type + " " + m)
		if seen[what] && !l.told(child(at, "type")) {
			l.add(child(at, "type"), ops.T("there is another route for %s; keep one", "il y a une autre route pour %s ; garde-en une", quoted(strings.TrimSpace(what))))
		}
		seen[what] = true
	}
}
