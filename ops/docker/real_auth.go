package docker

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/registry"
)

// registryAuth is the login for the registry of ref that `docker login` left in its configuration file, in the
// form that the engine takes; "" is none. Logins kept by a credential helper are out of reach: pull those on the host.
func registryAuth(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return "" // the engine says what is wrong with it
	}
	dir := os.Getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(os.Getenv("HOME"), ".docker")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return ""
	}
	var file struct {
		Auths map[string]struct{ Auth, IdentityToken string }
	}
	if json.Unmarshal(raw, &file) != nil {
		return ""
	}
	host := reference.Domain(named)
	for key, login := range file.Auths {
		if registryHost(key) != host {
			continue
		}
		pair, err := base64.StdEncoding.DecodeString(login.Auth)
		if err != nil {
			return ""
		}
		user, password, _ := strings.Cut(string(pair), ":")
		auth, err := registry.EncodeAuthConfig(registry.AuthConfig{
			Username: user, Password: strings.TrimRight(password, "\x00"), IdentityToken: login.IdentityToken, ServerAddress: key})
		if err != nil {
			return ""
		}
		return auth
	}
	return ""
}

// registryHost reads a key of the configuration file: "https://index.docker.io/v1/", "ghcr.io".
func registryHost(key string) string {
	_, after, ok := strings.Cut(key, "://")
	if !ok {
		after = key
	}
	host, _, _ := strings.Cut(after, "/")
	if host == "index.docker.io" || host == "registry-1.docker.io" {
		return "docker.io"
	}
	return host
}
