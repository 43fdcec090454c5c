// Package traffic is what the tests under load have in common: clients that send requests with access tokens and judge
// every answer, a simulated Huawei that can be shut and opened again, and the proxy's configuration for both.
package traffic
