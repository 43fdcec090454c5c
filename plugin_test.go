package huaweiid

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNew_succeedsWithDefaults(t *testing.T) {
	t.Parallel()
	handler, err := New(context.Background(), http.NotFoundHandler(), CreateConfig(), "test@file")
	require.NoError(t, err)
	require.NotNil(t, handler)
}
