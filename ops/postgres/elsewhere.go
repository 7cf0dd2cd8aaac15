package postgres

import (
	"context"
	"os"
	"path/filepath"

	"vigie/ops"
)

// elsewhere is a dump of a database on this machine that no pattern of Dumps names: one that another keeps.
func elsewhere(database, path string) (File, error) {
	info, err := os.Stat(path)
	if err != nil || !filepath.IsAbs(path) {
		return File{}, ops.Fail(ops.NotFound, ops.T("The dump %s is gone.", "Le dump %s n’est plus là.", ops.Name(path)), err)
	}
	return File{Path: path, Name: filepath.Base(path), Database: database, Size: info.Size(), Made: info.ModTime(), Modified: info.ModTime()}, nil
}

// VerifyAt is [System.Verify] for a dump of a database that is kept elsewhere on this machine.
func (s *System) VerifyAt(ctx context.Context, database, path string) (DumpInfo, error) {
	f, err := elsewhere(database, path)
	if err != nil {
		return DumpInfo{}, err
	}
	c, err := s.read(ctx, f, nil)
	return DumpInfo{f, c}, err
}

// RehearseAt is [System.Rehearse] for a dump of a database that is kept elsewhere on this machine.
func (s *System) RehearseAt(ctx context.Context, database, path string) (Rehearsal, error) {
	return s.rehearse(ctx, func() (DumpInfo, error) { return s.VerifyAt(ctx, database, path) })
}

// Live names the databases of apps that there are now: neither the server's own nor what restores left.
func (s *System) Live(ctx context.Context) ([]string, error) {
	_, live, err := s.names(ctx)
	return live, err
}
