package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A router's rule is a boolean expression in Go's syntax (Traefik parses it so, too). Here it is a list of alternatives, each a
// list of matchers that all have to match.
type (
	rule    [][]matcher
	matcher struct {
		name     string // Host, PathPrefix …
		argument string
		negated  bool
		layer    string // the router behind whose middlewares it looks at requests
	}
)

// maxAlternatives bounds what a rule may grow to; one beyond it is taken as one matcher that is like no other.
const maxAlternatives = 1024

// parseRule takes a rule apart. One that it cannot read is like no other rule.
func parseRule(text string) rule {
	expression, err := parser.ParseExpr(text)
	if err != nil {
		return rule{{{name: text}}}
	}
	alternatives, ok := alternativesOf(expression, false)
	if !ok {
		return rule{{{name: text}}}
	}
	return alternatives
}

func alternativesOf(expression ast.Expr, negated bool) (rule, bool) {
	switch e := expression.(type) {
	case *ast.ParenExpr:
		return alternativesOf(e.X, negated)
	case *ast.UnaryExpr:
		return alternativesOf(e.X, negated != (e.Op == token.NOT))
	case *ast.BinaryExpr:
		left, ok := alternativesOf(e.X, negated)
		right, alsoOK := alternativesOf(e.Y, negated)
		if !ok || !alsoOK {
			return nil, false
		}
		// Not (a and b) is not a or not b.
		if (e.Op == token.LOR) != negated {
			return append(left, right...), true
		}
		all := both(left, right)
		return all, all != nil
	case *ast.CallExpr:
		name, ok := e.Fun.(*ast.Ident)
		if !ok {
			return nil, false
		}
		var arguments []string
		for _, argument := range e.Args {
			literal, ok := argument.(*ast.BasicLit)
			if !ok {
				return nil, false
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				return nil, false
			}
			arguments = append(arguments, value)
		}
		return matchersOf(name.Name, arguments, negated), true
	}
	return nil, false
}

// both is the rule of what matches two, or none that covers anything or is covered where it would grow too large.
func both(left, right rule) rule {
	if len(left)*len(right) > maxAlternatives {
		return nil
	}
	var all rule
	for _, one := range left {
		for _, other := range right {
			all = append(all, append(one[:len(one):len(one)], other...))
		}
	}
	return all
}

// behind is a rule of a router behind another: it looks at requests that the other's middlewares may have changed, and so is not to be
// compared with rules that look at them elsewhere.
func (r rule) behind(parent *router) rule {
	layer := fmt.Sprint(parent.name, parent.line)
	for _, alternative := range r {
		for i := range alternative {
			alternative[i].layer = layer
		}
	}
	return r
}

// wantHost tells whether no request without a host matches.
func (r rule) wantHost() bool {
	for _, alternative := range r {
		if !slices.ContainsFunc(alternative, matcher.wantsHost) {
			return false
		}
	}
	return len(r) > 0
}

func (m matcher) wantsHost() bool {
	switch {
	case m.negated:
		return false
	case m.name == "HostRegexp":
		expression, err := regexp.Compile(m.argument)
		return err == nil && !expression.MatchString("")
	}
	return m.name == "Host" && m.argument != ""
}

// matchersOf are a call's alternatives: several hosts or paths in one call, as in Traefik v2's syntax, are one each.
func matchersOf(name string, arguments []string, negated bool) rule {
	switch name {
	case "Host", "Path", "PathPrefix", "HostRegexp", "PathRegexp", "Method":
	default:
		return rule{{{name: name, argument: strings.Join(arguments, "\x00"), negated: negated}}}
	}
	var any rule
	var none []matcher
	for _, argument := range arguments {
		if name == "Host" {
			argument = strings.ToLower(argument)
		}
		one := matcher{name: name, argument: argument, negated: negated}
		any = append(any, []matcher{one})
		none = append(none, one)
	}
	if negated {
		return rule{none}
	}
	return any
}

// covers tells whether every request that matches the narrow rule matches the broad one as well. It may miss that, and never
// invents it.
func (broad rule) covers(narrow rule) bool {
	for _, alternative := range narrow {
		covered := false
		for _, wider := range broad {
			covered = covered || allFollow(wider, alternative)
		}
		if !covered {
			return false
		}
	}
	return len(narrow) > 0
}

func allFollow(wanted, from []matcher) bool {
	for _, w := range wanted {
		follows := w.name == "PathPrefix" && w.argument == "/" && !w.negated // wherever it looks
		for _, f := range from {
			follows = follows || w == f || !w.negated && !f.negated && w.layer == f.layer && w.follows(f)
		}
		if !follows {
			return false
		}
	}
	return true
}

// follows tells whether what the other matcher matches is matched by this one.
func (m matcher) follows(other matcher) bool {
	switch m.name + " " + other.name {
	case "PathPrefix PathPrefix", "PathPrefix Path":
		return strings.HasPrefix(other.argument, m.argument)
	case "HostRegexp Host", "PathRegexp Path":
		expression, err := regexp.Compile(m.argument)
		return err == nil && expression.MatchString(other.argument)
	}
	return false
}
