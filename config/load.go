package config

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"
	_ "time/tzdata" // a static image has no time zones of its own

	"vigie/ops"
	"vigie/policies"
)

// What holds where the file says nothing.
const (
	defaultAPI    = "https://api.telegram.org"
	defaultListen = "127.0.0.1:9464"
	defaultDocker = "unix:///var/run/docker.sock"
	defaultHost   = "local"
	defaultStore  = "vigie.db"
	defaultWait   = Duration(2 * time.Minute)
	defaultTTL    = Duration(10 * time.Minute)
)

// The environment variables that are read: each instead of a key of the file. What there may be several of has a variable
// each: see [HookEnv], [HeartbeatEnv], [BotEnv], [DatabaseEnv], [RepositoryEnv] and [RepositoryPasswordEnv].
const (
	EnvToken         = "VIGIE_TELEGRAM_TOKEN"
	EnvWebhookSecret = "VIGIE_TELEGRAM_WEBHOOK_SECRET"
	EnvDSN           = "VIGIE_STORE_DSN"
	EnvFallback      = "VIGIE_FALLBACK_URL"
	EnvPulse         = "VIGIE_PULSE_URL"
	EnvLiteLLM       = "VIGIE_LITELLM_DSN"
	EnvScores        = "VIGIE_SCORES_DSN"
	EnvAssets        = "VIGIE_ASSETS_DSN"
	EnvLiteLLMKey    = "VIGIE_LITELLM_KEY"
	EnvOpenRouter    = "VIGIE_OPENROUTER_KEY"
	EnvModel         = "VIGIE_MODEL_KEY"
	EnvPostgres      = "VIGIE_POSTGRES_PASSWORD"
	EnvRedis         = "VIGIE_REDIS_PASSWORD"
	EnvQdrant        = "VIGIE_QDRANT_KEY"
	EnvBackup        = "VIGIE_BACKUP_HEARTBEAT_URL"
	EnvGrafana       = "VIGIE_GRAFANA_PASSWORD" // for [grafana] and [backup.grafana]
	EnvLoki          = "VIGIE_LOKI_PASSWORD"
	EnvZerobyte      = "VIGIE_ZEROBYTE_KEY"
	EnvZerobyteUser  = "VIGIE_ZEROBYTE_PASSWORD" // of a user, where there are no keys yet
	EnvN8N           = "VIGIE_N8N_KEY"
	EnvRemotion      = "VIGIE_REMOTION_TOKEN"
	EnvOpenClaw      = "VIGIE_OPENCLAW_LINK"
	EnvDocker        = "DOCKER_HOST" // for the host that is there when none is listed
)

// envSecrets are those that are known from the start, so that nothing quotes them.
var envSecrets = []string{EnvToken, EnvWebhookSecret, EnvDSN, EnvFallback, EnvPulse, EnvLiteLLM, EnvScores, EnvAssets, EnvLiteLLMKey, EnvOpenRouter, EnvModel, EnvPostgres, EnvRedis, EnvQdrant, EnvBackup, EnvGrafana, EnvLoki, EnvZerobyte, EnvZerobyteUser, EnvRemotion, EnvN8N, EnvOpenClaw}

// mostConfig keeps a wrong file name (a disk image, a log) from being read whole.
const mostConfig = 1 << 20

// A loader reads one file. It goes on after a mistake, so that all are reported.
type loader struct {
	cfg      *Config
	doc      *document
	dir      string // what relative paths are relative to
	env      func(string) string
	problems Problems
	muted    map[string]bool // paths whose problem is told
}

// Load reads the file at path. env looks up environment variables, as os.Getenv does. The error is of type
// [Problems] and holds everything that is wrong.
func Load(path string, env func(string) string) (*Config, error) {
	l := newLoader(path, env)
	src, say := readConfig(path)
	if !say.IsZero() {
		l.add("", say)
		return nil, l.err()
	}
	for _, name := range envSecrets {
		l.keep(l.env(name))
	}
	doc, why, line, col := parse(src)
	if doc == nil {
		return nil, Problems{{File: l.cfg.file, Line: line, Col: col, Say: why}}
	}
	l.doc, l.cfg.doc = doc, doc
	l.bind(reflect.ValueOf(l.cfg).Elem(), doc.root, "")
	l.checkUsers()
	l.rest()
	l.checkTelegram()
	return l.done()
}

// Default is the configuration with no file, no token and no users, for the console: everything has its default, and
// the store is in dir.
func Default(dir string, env func(string) string) (*Config, error) {
	l := newLoader(filepath.Join(dir, "vigie.toml"), env)
	l.cfg.Telegram.APIURL = defaultAPI
	l.rest()
	return l.done()
}

func newLoader(path string, env func(string) string) *loader {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if env == nil {
		env = func(string) string { return "" }
	}
	return &loader{cfg: &Config{file: path}, dir: filepath.Dir(path), env: env}
}

// rest checks what the console needs as well.
func (l *loader) rest() {
	l.checkStore()
	l.checkListen("http.listen", &l.cfg.HTTP.Listen, defaultListen)
	l.checkHosts()
	l.checkStack()
	l.checkNever()
	l.checkLog()
	l.checkWatch()
	l.checkBackups()
	l.checkN8N()
	l.checkOpenClaw()
	l.checkSpan("approval_ttl", &l.cfg.ApprovalTTL, defaultTTL)
	l.checkRules()
}

func (l *loader) checkRules() {
	policy, wrong := policies.New(l.cfg.Rules, policies.Known{People: l.cfg.People()})
	l.cfg.Policy = policy
	// What only follows from a mistake told already is left out: who is meant, while the users are not clear, and
	// which rule hides which, while the rules are not.
	if l.below("users") {
		_, wrong = policies.New(l.cfg.Rules, policies.Known{})
		wrong = slices.DeleteFunc(wrong, func(p policies.Problem) bool { return p.Key == "who" })
	}
	if l.below("policy") {
		wrong = slices.DeleteFunc(wrong, func(p policies.Problem) bool { return p.Key == "name" && l.cfg.Rules[p.Rule].Name != "" })
	}
	l.addRules(wrong)
	l.checkCodes()
}

// addRules reports what is wrong with the rules at the rules' places in the file.
func (l *loader) addRules(wrong []policies.Problem) {
	for _, p := range wrong {
		l.add(element("policy", p.Rule)+"."+p.Key, p.Say)
	}
}

// checkCodes looks for rules that ask for a code of people who have none.
func (l *loader) checkCodes() {
	var without []string
	for _, u := range l.cfg.Users {
		if u.TOTPFile == "" {
			without = append(without, u.Name)
		}
	}
	for i, r := range l.cfg.Rules {
		path := child(element("policy", i), "code")
		switch {
		case !r.Code || len(without) == 0:
		case len(without) == len(l.cfg.Users):
			l.add(path, ops.T("it asks for a one-time code and no user has a totp_file, so nobody could give one; add them, or remove code",
				"elle demande un code à usage unique et personne n’a de totp_file, donc nul ne pourrait en donner ; ajoutes-en, ou enlève code"))
		default:
			l.warn(path, ops.T("without a totp_file, and so unable to give the code: %s", "sans totp_file, donc incapables de donner le code : %s", list(without)))
		}
	}
}

// readConfig reads a plain file of a sane size; the text says why it could not.
func readConfig(path string) ([]byte, ops.Text) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ops.T("there is no such file; copy config.example.toml there and fill in the token's file and your id, or give another with -config",
			"ce fichier n’existe pas ; copies-y config.example.toml et remplis le fichier du jeton et ton id, ou donnes-en un autre avec -config")
	case err != nil:
		return nil, unreadable(err)
	case !info.Mode().IsRegular():
		return nil, ops.T("this is no file; give the configuration file with -config", "ce n’est pas un fichier ; donne le fichier de configuration avec -config")
	case info.Size() > mostConfig:
		return nil, ops.T("this is too large for a configuration; give another file with -config", "c’est trop gros pour une configuration ; donne un autre fichier avec -config")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, mostConfig))
	if err != nil {
		return nil, unreadable(err)
	}
	return bytes.TrimPrefix(src, []byte("\ufeff")), ops.Text{} // some editors begin a file with a mark
}

func unreadable(err error) ops.Text {
	return ops.T("it cannot be read (%s); give the user that Vigie runs as access to it", "il est illisible (%s) ; donnes-en l’accès à l’utilisateur de Vigie", reason(err))
}
