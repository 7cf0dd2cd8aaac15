package litellm

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"vigie/ops"
)

// The tables of LiteLLM that are read. Prisma makes their names, and some of their columns', case-sensitive.
const (
	logTable  = "LiteLLM_SpendLogs"
	userTable = "LiteLLM_DailyUserSpend"
	tagTable  = "LiteLLM_DailyTagSpend"
	keyTable  = "LiteLLM_VerificationToken"
)

// A schema is what the database lets us read, by table and column: true where we may, false where the column is there and
// we may not.
type schema map[string]map[string]bool

// probe asks for all of it at once. Nothing is cached: LiteLLM migrates its database when it is updated.
func probe(ctx context.Context, tx pgx.Tx) (schema, error) {
	rows, err := tx.Query(ctx, `SELECT t.name, a.attname, COALESCE(has_column_privilege(a.attrelid, a.attnum, 'SELECT'), false)
		FROM unnest($1::text[]) t(name) JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(quote_ident(t.name)) AND a.attnum > 0 AND NOT a.attisdropped`,
		[]string{logTable, userTable, tagTable, keyTable})
	if err != nil {
		return nil, fmt.Errorf("asking for LiteLLM's tables: %w", err)
	}
	sc := schema{}
	var table, column string
	var may bool
	_, err = pgx.ForEachRow(rows, []any{&table, &column, &may}, func() error {
		if sc[table] == nil {
			sc[table] = map[string]bool{}
		}
		sc[table][column] = may
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("asking for LiteLLM's tables: %w", err)
	}
	return sc, nil
}

// can reports whether all these columns of table may be read.
func (sc schema) can(table string, columns ...string) bool {
	for _, c := range columns {
		if !sc[table][c] {
			return false
		}
	}
	return true
}

func (sc schema) canLog() bool  { return sc.can(logTable, "startTime", "spend") }
func (sc schema) canDays() bool { return sc.can(userTable, "date", "spend") }

// usable is nil if there is anything to read; else it says why not.
func (sc schema) usable(s *System) *ops.Error {
	if sc.canLog() || sc.canDays() {
		return nil
	}
	if len(sc[logTable]) == 0 {
		return ops.Fail(ops.NotFound, ops.T("the database %s has no table %s: is it LiteLLM's? The proxy makes the table at its first start with DATABASE_URL.",
			"la base %s n’a pas de table %s : est-ce bien celle de LiteLLM ? Le proxy crée la table à son premier démarrage avec DATABASE_URL.", ops.Name(s.db.Database), ops.Name(logTable)), nil)
	}
	for _, c := range []string{"startTime", "spend"} {
		if _, there := sc[logTable][c]; !there {
			return ops.Fail(ops.NotFound, ops.T("the table %s has no column %s, which every LiteLLM so far has had: this one is unknown to me.",
				"la table %s n’a pas de colonne %s, que tout LiteLLM a eue jusqu’ici : celui-ci m’est inconnu.", ops.Name(logTable), ops.Name(c)), nil)
		}
	}
	return ops.Fail(ops.Denied, ops.T("the role %s may not read LiteLLM's table. As its owner: GRANT SELECT ON \"%s\" TO \"%s\";",
		"le rôle %s ne peut pas lire la table de LiteLLM. En tant que propriétaire : GRANT SELECT ON \"%s\" TO \"%s\";",
		ops.Name(s.db.User), logTable, ops.Clean(s.db.User)), nil)
}

// A want is a column that can be done without, what then is lost, and which LiteLLM has it.
type want struct {
	table, column string
	lost          ops.Text
	since         ops.Text
}

var (
	baseline = ops.T("LiteLLM 1.65 (March 2025) and newer have it", "LiteLLM 1.65 (mars 2025) et ultérieurs l’ont")
	always   = ops.T("every LiteLLM so far has had it", "tout LiteLLM l’a eue jusqu’ici")
)

var wants = []want{
	{logTable, "custom_llm_provider", ops.T("providers are guessed from the models' names", "les fournisseurs sont devinés d’après les noms des modèles"), baseline},
	{logTable, "model_group", ops.T("models go by the provider's names, not by your aliases", "les modèles portent le nom du fournisseur, pas tes alias"), baseline},
	{logTable, "model", ops.T("there is nothing to tell models apart by, where the alias is missing too", "rien ne distingue les modèles, si l’alias manque aussi"), always},
	{logTable, "api_key", ops.T("keys cannot be told apart", "les clés ne se distinguent pas"), always},
	{logTable, "request_tags", ops.T("there is nothing by tag, and some health checks may count as calls", "rien par étiquette, et des contrôles de santé peuvent passer pour des appels"), baseline},
	{logTable, "total_tokens", ops.T("tokens are not counted", "les jetons ne sont pas comptés"), always},
}

// lacks says what of the log cannot be read, one line a column. A missing column and one that we may not read are different matters.
func (sc schema) lacks(user string) (lines []ops.Text) {
	if !sc.canLog() {
		return []ops.Text{ops.T("the table %s cannot be read, so there are whole days only, from %s: no hours, no forecast", "la table %s est illisible : il n’y a que des jours entiers, de %s ; ni heures, ni prévision",
			ops.Name(logTable), ops.Name(userTable))}
	}
	for _, w := range wants {
		may, there := sc[w.table][w.column]
		switch {
		case !there:
			lines = append(lines, ops.T("no column %s in %s: %s; %s", "pas de colonne %s dans %s : %s ; %s", ops.Name(w.column), ops.Name(w.table), w.lost, w.since))
		case !may:
			lines = append(lines, ops.T("%s may not read the column %s of %s: %s", "%s ne peut pas lire la colonne %s de %s : %s", ops.Name(user), ops.Name(w.column), ops.Name(w.table), w.lost))
		}
	}
	return lines
}
