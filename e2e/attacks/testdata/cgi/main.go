// Command cgi answers with what a CGI program sees of the request's headers.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

func main() {
	env := map[string]string{}
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "HTTP_") {
			env[name] = value
		}
	}
	body, err := json.Marshal(map[string]any{"env": env})
	if err != nil {
		panic("encoding the environment: " + err.Error())
	}
	fmt.Printf("Content-Type: application/json\r\nX-Backend: cgi\r\n\r\n%s", body)
}
