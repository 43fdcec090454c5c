module github.com/traefik-huaweiid/huaweiid

go 1.22.0

require (
	github.com/stretchr/testify v1.11.1
	github.com/traefik/paerser v0.2.2
)

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
