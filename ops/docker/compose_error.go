package docker

import (
	"path/filepath"

	"vigie/ops"
)

func noFile(file string) error {
	return ops.Fail(ops.NotFound, ops.T("The project has no compose file %s.", "Le projet n’a pas de fichier compose %s.", ops.Name(filepath.Base(file))), nil)
}

func noService(name, file string) error {
	return ops.Fail(ops.NotFound, ops.T("%s has no service %s.", "%s n’a pas de service %s.", ops.Name(filepath.Base(file)), ops.Name(name)), nil)
}

func missingImage(ref string, err error) error {
	return ops.Fail(ops.NotFound, ops.T("The image %s is not on the host, and I do not pull by surprise. Pull it first: %s",
		"L’image %s n’est pas sur l’hôte, et je ne télécharge rien par surprise. Télécharge-la d’abord : %s", ops.Name(ref), ops.Name("/pull")), err)
}
