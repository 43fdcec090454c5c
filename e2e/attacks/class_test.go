package attacks

import (
	"errors"
	"maps"
	"slices"
)

// class is one kind of attack.
type class struct {
	name       string
	advisories string // what it is known by
	run        func(*cases)
}

// classes are in the order of the table at the end.
var classes = []class{
	aliasNames,
	nearNames,
	connectionLists,
	upgrades,
	trailers,
	absentMembers,
	repeatedIdentity,
	repeatedTokens,
	unfitTokens,
	smuggledParameters,
	unfitValues,
	strangeAnswers,
	spellings,
	modes,
	preflights,
	otherApps,
	sharedState,
	lifetimes,
	accountEvents,
	targets,
	framing,
	errorPages,
}

// how a case ended.
type how int

const (
	passed how = iota
	failed
	blocked // Traefik answered by itself, and neither the plugin nor the backend had to
	skipped
)

// ended is a case that has ended.
type ended struct {
	name string
	how  how
	err  error  // of failed
	why  string // of skipped
}

// cases runs the cases of a class and keeps how they ended.
type cases struct {
	*bed
	ended   []ended
	failing int // how many more may fail
}

// errEnough ends a class that fails too often: a case that fails may take as long as its patience.
var errEnough = errors.New("enough cases have failed")

// everyFailure has a class go on however many cases fail.
const everyFailure = 0

// on runs a class on a bed, up to a number of failures.
func (cl class) on(b *bed, failures int) (c *cases) {
	c = &cases{bed: b, failing: failures}
	defer func() {
		if r := recover(); r != nil && r != errEnough {
			panic(r)
		}
	}()
	cl.run(c)
	c.check("nothing forged reached the backend on any other way", b.strict.leak())
	return c
}

// inOrder are the keys of what is not ordered by itself, so that every run has the same cases in the same order.
func inOrder(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// failed are the cases that failed.
func (c *cases) failed() []ended {
	return slices.DeleteFunc(slices.Clone(c.ended), func(e ended) bool { return e.how != failed })
}

// check notes a case that has no request of its own, or several.
func (c *cases) check(name string, err error) {
	if err == nil {
		c.ended = append(c.ended, ended{name: name, how: passed})
		return
	}
	c.ended = append(c.ended, ended{name: name, how: failed, err: err})
	if c.failing--; c.failing == 0 {
		panic(errEnough)
	}
}

func (c *cases) skip(name, why string) {
	c.ended = append(c.ended, ended{name: name, how: skipped, why: why})
}

// send sends a request and notes whether its end is what is wanted.
func (c *cases) send(name string, r request, w want) answer {
	a := c.ask(r)
	c.judge(name, a, w)
	return a
}

func (c *cases) judge(name string, a answer, w want) {
	if a.blocked && slices.Contains(w.blocks, a.status) {
		c.ended = append(c.ended, ended{name: name, how: blocked})
		return
	}
	c.check(name, w.differs(a))
}
