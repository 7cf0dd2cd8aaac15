package config

import (
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

const defaultKeepFree Size = 1e9

var (
	checkpointForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,119}\.(safetensors|ckpt|pt|pth|bin)$`)
	sha256Form     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	fromForm       = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)
	// keyNames are what a key is called in an address, which must not hold one.
	keyNames = regexp.MustCompile(`(?i)^(token|key|api_?key|access_?token|auth|authorization|password|secret|sig|signature)$`)
)

// checkDownloads is about what ComfyUI's checkpoints may be downloaded from and to.
func (l *loader) checkDownloads() {
	const at = "comfyui.downloads"
	d := &l.cfg.ComfyUI.Downloads
	if !l.doc.has(at) {
		return
	}
	switch {
	case l.told(at + ".dir"):
	case !path.IsAbs(d.Dir):
		l.add(at+".dir", ops.T("it is a folder's whole path, where ComfyUI looks for checkpoints: /opt/workstation/comfyui/models/checkpoints", "c’est le chemin complet du dossier où ComfyUI cherche ses checkpoints : /opt/workstation/comfyui/models/checkpoints"))
	case d.Host == "":
		l.checkFolder(at+".dir", &d.Dir, false)
	default:
		d.Dir = filepath.Clean(d.Dir)
	}
	if h, ok := l.cfg.Hosts[d.Host]; d.Host != "" && (!ok || h.SSH == "") && !l.told(at+".host") {
		l.add(at+".host", ops.T("%s is no host that is reached over ssh; write [hosts.%s] with ssh = \"user@host:port\", or leave the key out for this machine", "%s n’est pas un hôte joint par ssh ; écris [hosts.%s] avec ssh = \"user@hôte:port\", ou enlève la clé pour cette machine", quoted(d.Host), d.Host))
	}
	if len(d.From) == 0 && !l.below(at+".from") {
		l.add(at, ops.T(`it does not say which hosts may be downloaded from; write from = ["huggingface.co", "*.hf.co"]`, `on ne sait pas de quels hôtes on peut télécharger ; écris from = ["huggingface.co", "*.hf.co"]`))
	}
	for i, h := range d.From {
		if !fromForm.MatchString(h) {
			l.add(element(at+".from", i), ops.T("%s is no host; write huggingface.co, *.hf.co for all below it, or mirror.lan:8443 for another port", "%s n’est pas un hôte ; écris huggingface.co, *.hf.co pour tous ceux en dessous, ou mirror.lan:8443 pour un autre port", quoted(h)))
		}
	}
	if d.KeepFree == 0 && !l.told(at+".keep_free") {
		d.KeepFree = defaultKeepFree
	}
	if len(d.Checkpoints) == 0 && !l.below(at+".checkpoints") {
		l.add(at, ops.T("it names no checkpoint; add [[comfyui.downloads.checkpoints]] with name, url, sha256 and size", "aucun checkpoint n’y est nommé ; ajoute [[comfyui.downloads.checkpoints]] avec name, url, sha256 et size"))
	}
	for i, c := range d.Checkpoints {
		l.checkKnown(element(at+".checkpoints", i), c, d.Checkpoints[:i])
	}
}

func (l *loader) checkKnown(at string, c KnownCheckpoint, before []KnownCheckpoint) {
	d := l.cfg.ComfyUI.Downloads
	add := func(key string, say ops.Text) {
		if at := child(at, key); !l.told(at) {
			l.add(at, say)
		}
	}
	switch {
	case !checkpointForm.MatchString(c.Name):
		add("name", ops.T("%s is no checkpoint's file; write its name alone, without a folder: dreamshaper_8.safetensors", "%s n’est pas le fichier d’un checkpoint ; écris son nom seul, sans dossier : dreamshaper_8.safetensors", quoted(c.Name)))
	case path.Ext(c.Name) != ".safetensors" && !d.Pickle:
		add("name", ops.T("%s is no safetensors: loading it runs code of whoever made it. Take a .safetensors, or write pickle = true under [comfyui.downloads] if you trust it", "%s n’est pas un safetensors : le charger exécute du code de son auteur. Prends un .safetensors, ou écris pickle = true sous [comfyui.downloads] si tu lui fais confiance", quoted(c.Name)))
	case slices.ContainsFunc(before, func(o KnownCheckpoint) bool { return strings.EqualFold(o.Name, c.Name) }):
		add("name", ops.T("%s is there twice", "%s y est deux fois", quoted(c.Name)))
	}
	if !sha256Form.MatchString(c.SHA256) {
		add("sha256", ops.T("it is 64 digits and letters a to f, small, as the page of the file shows them", "ce sont 64 chiffres et lettres de a à f, minuscules, comme les montre la page du fichier"))
	}
	if c.Size <= 0 {
		add("size", ops.T("it is the file's bytes, exactly: 2132625894", "ce sont les octets du fichier, exactement : 2132625894"))
	}
	l.checkDownloadURL(child(at, "url"), c.URL, d.From)
}

func (l *loader) checkDownloadURL(at, address string, from []string) {
	u, err := url.Parse(address)
	if err == nil && u.User != nil {
		word, _ := u.User.Password()
		l.keepParts(word)
	}
	host := ""
	if err == nil {
		if host = strings.ToLower(u.Hostname()); u.Port() != "" && u.Port() != "443" {
			host = strings.ToLower(u.Host)
		}
	}
	switch {
	case l.told(at):
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil:
		l.add(at, ops.T("it is an address that begins with https://, without a user or password", "c’est une adresse qui commence par https://, sans utilisateur ni mot de passe"))
	case l.holdsKey(u.Query()):
		l.add(at, ops.T("it holds a key, which other programs would see; what needs an account is fetched by hand", "elle contient une clé, que d’autres programmes verraient ; ce qui demande un compte se télécharge à la main"))
	case !slices.ContainsFunc(from, func(h string) bool {
		below, ok := strings.CutPrefix(h, "*")
		return host == h || ok && strings.HasSuffix(host, below)
	}):
		l.add(at, ops.T("its host is not among those in from; add %s there, and the hosts that it sends on to", "son hôte n’est pas parmi ceux de from ; ajoutes-y %s, et les hôtes vers lesquels il renvoie", quoted(host)))
	}
}

// holdsKey reports whether an address holds a key, and keeps it from being shown.
func (l *loader) holdsKey(query url.Values) (found bool) {
	for name, words := range query {
		if keyNames.MatchString(name) {
			l.keepParts(words...)
			found = true
		}
	}
	return found
}
