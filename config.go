package huaweiid

// Config is the middleware's configuration as Traefik decodes it from a file, labels or a custom resource.
//
// Every option is a text or a list of texts, so that check sees what the user wrote and can name all mistakes in one error. Of
// other fields, Traefik's decoder would refuse what it cannot read in its own words, cut 4.9 to 4 silently, and take a bare 30 for
// 30 ns.
//
// Traefik drops keys that no field claims. Unknown takes them, in every group, so that a misspelt option is an error.
type Config struct {
	Mode           string         `json:"mode,omitempty"`
	Realm          string         `json:"realm,omitempty"`
	AllowPreflight string         `json:"allowPreflight,omitempty"`
	Token          TokenConfig    `json:"token,omitempty"`
	Headers        HeadersConfig  `json:"headers,omitempty"`
	Phone          PhoneConfig    `json:"phone,omitempty"`
	Audience       AudienceConfig `json:"audience,omitempty"`
	Huawei         HuaweiConfig   `json:"huawei,omitempty"`
	Cache          CacheConfig    `json:"cache,omitempty"`
	Redis          RedisConfig    `json:"redis,omitempty"`
	Events         EventsConfig   `json:"events,omitempty"`
	AccessLogUser  string         `json:"accessLogUser,omitempty"`
	MetricsPath    string         `json:"metricsPath,omitempty"`
	DebugHeader    string         `json:"debugHeader,omitempty"`
	LogLevel       string         `json:"logLevel,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// TokenConfig says where a request carries its access token. The first source that has one is used.
type TokenConfig struct {
	Header string `json:"header,omitempty"`
	Scheme string `json:"scheme,omitempty"`
	Cookie string `json:"cookie,omitempty"`
	Query  string `json:"query,omitempty"`
	Remove string `json:"remove,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// HeadersConfig names the identity headers; an empty name means that the header is not injected.
type HeadersConfig struct {
	OpenID           string `json:"openID,omitempty"`
	UnionID          string `json:"unionID,omitempty"`
	Phone            string `json:"phone,omitempty"`
	PhoneCountryCode string `json:"phoneCountryCode,omitempty"`
	PhoneNational    string `json:"phoneNational,omitempty"`
	Status           string `json:"status,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// PhoneConfig says how the phone number is written and whether an identity needs one.
type PhoneConfig struct {
	Format  string `json:"format,omitempty"`
	Require string `json:"require,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// AudienceConfig names the apps whose tokens are accepted.
type AudienceConfig struct {
	ClientIDs []string `json:"clientIDs,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// HuaweiConfig says how Account Kit is reached.
type HuaweiConfig struct {
	GetInfoURL    string   `json:"getInfoURL,omitempty"`
	TokenInfoURL  string   `json:"tokenInfoURL,omitempty"`
	AllowHTTP     string   `json:"allowHTTP,omitempty"`
	Timeout       string   `json:"timeout,omitempty"`
	Retries       string   `json:"retries,omitempty"`
	MaxConcurrent string   `json:"maxConcurrent,omitempty"`
	RootCAs       []string `json:"rootCAs,omitempty"`
	ProxyURL      string   `json:"proxyURL,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// CacheConfig says how long answers count and how many are kept.
type CacheConfig struct {
	TTL          string `json:"ttl,omitempty"`
	NegativeTTL  string `json:"negativeTTL,omitempty"`
	StaleIfError string `json:"staleIfError,omitempty"`
	MaxEntries   string `json:"maxEntries,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// RedisConfig says which Redis or Valkey replicas share, and how what they put there is sealed.
type RedisConfig struct {
	Address      []string `json:"address,omitempty"`
	Username     string   `json:"username,omitempty"`
	Password     string   `json:"password,omitempty"`
	PasswordFile string   `json:"passwordFile,omitempty"`
	Database     string   `json:"database,omitempty"`
	TLS          string   `json:"tls,omitempty"`
	RootCAs      []string `json:"rootCAs,omitempty"`
	Timeout      string   `json:"timeout,omitempty"`
	KeyPrefix    string   `json:"keyPrefix,omitempty"`
	Secret       string   `json:"secret,omitempty"`
	SecretFile   string   `json:"secretFile,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// EventsConfig says where Huawei's account events are received, and where their issuer and keys are announced.
type EventsConfig struct {
	Path      string `json:"path,omitempty"`
	ConfigURL string `json:"configURL,omitempty"`

	Unknown map[string]interface{} `json:"-" mapstructure:",remain"`
}

// defaultConfig is what CreateConfig copies. Lists stay nil: Traefik up to v3.5.0 would keep the tail of a default list that is longer than
// the user's.
var defaultConfig = Config{
	Mode:           modeEnforce,
	Realm:          "huaweiid",
	AllowPreflight: "false",
	Token: TokenConfig{
		Header: "Authorization",
		Scheme: "Bearer",
		Remove: "false",
	},
	Headers: HeadersConfig{
		OpenID:  defaultOpenIDHeader,
		UnionID: defaultUnionIDHeader,
		Phone:   defaultPhoneHeader,
	},
	Phone: PhoneConfig{
		Format:  phoneRaw,
		Require: "false",
	},
	Huawei: HuaweiConfig{
		GetInfoURL:    "https://account.cloud.huawei.com/rest.php?nsp_svc=GOpen.User.getInfo",
		TokenInfoURL:  "https://oauth-api.cloud.huawei.com/rest.php?nsp_fmt=JSON&nsp_svc=huawei.oauth2.user.getTokenInfo",
		AllowHTTP:     "false",
		Timeout:       "3s",
		Retries:       "1",
		MaxConcurrent: "64",
	},
	Cache: CacheConfig{
		TTL:          "60s",
		NegativeTTL:  "10s",
		StaleIfError: "5m",
		MaxEntries:   "10000",
	},
	Redis: RedisConfig{
		Database:  "0",
		TLS:       "false",
		Timeout:   "100ms",
		KeyPrefix: "huaweiid:",
	},
	Events: EventsConfig{
		ConfigURL: "https://risc.cloud.huawei.com/v1beta/public/risc/.well-known/risc-configuration",
	},
	AccessLogUser: userNone,
	DebugHeader:   "false",
	LogLevel:      "info",
}

// CreateConfig returns the defaults; Traefik decodes the user's options over them, for every router anew. It copies them, because the
// interpreter makes each group of a literal by itself.
func CreateConfig() *Config {
	config := defaultConfig
	return &config
}
