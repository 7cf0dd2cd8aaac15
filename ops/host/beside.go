package host

import (
	"context"

	"vigie/ops"
)

// What another operated system needs of a machine that it lives on: the same looks, and the same restart with the same proof.

// Read reads the machine called name now, with its units.
func (s *System) Read(ctx context.Context, name string) (Reading, error) {
	m, err := s.find(name)
	if err != nil {
		return Reading{}, err
	}
	return m.read(ctx)
}

// Unit reads one unit that is on the list of the machine called name. Its Err says why it could not be read.
func (s *System) Unit(ctx context.Context, name, unit string) Unit {
	m, unit, err := s.findUnit(name + "/" + unit)
	if err == nil && m.Over == nil {
		err = ops.Fail(ops.Invalid, ops.T("units are read over ssh alone", "les unités ne se lisent que par ssh"), nil)
	}
	if err != nil {
		return Unit{Name: unit, Err: err}
	}
	return m.readUnit(ctx, unit)
}

// RestartUnit restarts a unit that is on the list of the machine called name.
func (s *System) RestartUnit(ctx context.Context, name, unit string) error {
	m, unit, err := s.findUnit(name + "/" + unit)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, unitLimit)
	defer cancel()
	return m.Over.RestartUnit(ctx, unit)
}

// ProveUnit waits until the unit is up by another start than was, and stays up.
func (s *System) ProveUnit(ctx context.Context, name, unit, was string) error {
	return s.proveUnit(ctx, unitArgs{Host: name, Unit: unit, Invocation: was})
}

// UnitLock is what plans hold that work on a unit.
func UnitLock(host, unit string) string { return unitLock(host, unit) }
