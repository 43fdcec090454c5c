package docs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// The workflow runs the one command that every change has to pass, with the Go that the tests need.
func TestWorkflow_runsTheContinuousIntegrationsCommand(t *testing.T) {
	t.Parallel()
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct {
			Steps []struct {
				Run  string
				With map[string]any
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, ".github/workflows/ci.yml")), &workflow))
	assert.Equal(t, map[string]string{"contents": "read"}, workflow.Permissions)
	var commands []string
	var versions []any
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			commands = append(commands, step.Run)
			versions = append(versions, step.With["go-version-file"])
		}
	}
	assert.Contains(t, commands, ".ci/run")
	info, err := os.Stat(filepath.Join(root, ".ci", "run"))
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&0o100, ".ci/run can be run")
	assert.Contains(t, versions, "e2e/go.mod")
}

// GitHub shows no form at all for a template that lacks one of these.
func TestIssueTemplates_areForms(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(root, ".github", "ISSUE_TEMPLATE", "*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		if filepath.Base(name) == "config.yml" {
			continue
		}
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		var form struct {
			Name, Description string
			Body              []struct {
				Type, ID   string
				Attributes struct{ Label, Value string }
			}
		}
		require.NoError(t, yaml.Unmarshal(content, &form), name)
		assert.NotEmpty(t, form.Name, name)
		assert.NotEmpty(t, form.Description, name)
		ids := map[string]bool{}
		for _, field := range form.Body {
			if field.Type == "markdown" {
				assert.NotEmpty(t, field.Attributes.Value, name)
				continue
			}
			assert.Contains(t, []string{"input", "textarea", "dropdown", "checkboxes"}, field.Type, name)
			assert.NotEmpty(t, field.Attributes.Label, name)
			assert.False(t, field.ID == "" || ids[field.ID], "%s: an id of its own: %q", name, field.ID)
			ids[field.ID] = true
		}
		assert.NotEmpty(t, ids, name)
	}
}
