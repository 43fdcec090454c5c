package secrets

import "fmt"

// head is how many bytes of a form are looked up at every place of a text. No form is shorter.
const head = 8

// search finds any number of secrets, in all their forms, in one pass over a text.
type search struct {
	byHead map[string][]wanted
}

// wanted is a form of something secret about a person.
type wanted struct {
	owner   string // the person's token
	what    string
	isToken bool
	form    form
}

// find is one that a text has.
type find struct {
	wanted
	at int
}

// searchFor looks for all that is secret about people.
func searchFor(people []person) *search {
	s := &search{byHead: map[string][]wanted{}}
	for _, p := range people {
		for _, secret := range p.secrets {
			known := map[string]bool{}
			for _, form := range secret.forms {
				if len(form.text) < head {
					panic(fmt.Sprintf("%s of %s is too short to be found: %q", secret.what, p.token, form.text))
				}
				if known[form.text] {
					continue
				}
				known[form.text] = true
				key := form.text[:head]
				s.byHead[key] = append(s.byHead[key], wanted{p.token, secret.what, secret.what == theToken, form})
			}
		}
	}
	return s
}

func (s *search) in(text string) []find {
	var finds []find
	for at := 0; at+head <= len(text); at++ {
		for _, w := range s.byHead[text[at:at+head]] {
			if len(text)-at >= len(w.form.text) && text[at:at+len(w.form.text)] == w.form.text {
				finds = append(finds, find{w, at})
			}
		}
	}
	return finds
}
