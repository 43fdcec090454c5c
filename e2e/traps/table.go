package traps

// trapImport is named because what cannot be imported cannot be typed.
const trapImport = "import that go.mod does not require"

// table holds every trap. Where a row names an issue, it is one of github.com/traefik/yaegi; the rest was seen by running
// v0.16.1, and interpreted_test.go shows it again wherever that is possible without a race or a dead process.
var table = []trap{
	{
		name:    "select",
		because: "all goroutines share the one list of cases that Yaegi keeps per statement, so a request may get another one's value, or hang",
		instead: "a plain receive `v := <-ch` from one channel, the work under way bounded by its own time limit; or reflect.Select",
		find:    selects,
	},
	{
		name:    "goroutine of a literal in a loop",
		because: "the literal's frame is written by the loop while the goroutine reads it, a data race within Yaegi",
		instead: "`go p.method(arg)`",
		find:    goLiteralsInLoops,
	},
	{
		name:    "return of a receive",
		because: "Yaegi panics: reflect.Value.Set using unaddressable value",
		instead: "`v := <-ch` and then `return v`",
		find:    returnsOfReceives,
	},
	{
		name:    "errors.As into an own type",
		because: "Yaegi hides the plugin's types and interfaces from the errors package, which panics (#1345, #1716)",
		instead: "a sentinel from errors.New, wrapped by fmt.Errorf with %w and asked for with errors.Is; or a type of the standard library",
		find:    errorsAsOwnType,
	},
	{
		name:    "own error type",
		because: "compiled code does not see its methods: errors.Is finds nothing in it, errors.As and a conversion to error panic, fmt prints its fields (#1345, #1720)",
		instead: "a sentinel from errors.New, wrapped by fmt.Errorf with %w; what else is to be said, as a second result",
		find:    ownErrors,
	},
	{
		name:    "type parameters",
		because: "Yaegi infers wrong types and panics on generic types that nest, at import",
		instead: "the concrete type, once for each",
		find:    typeParameters,
	},
	{
		name:    "built-in function of Go 1.21",
		because: "undefined in Yaegi: the plugin does not load",
		instead: "an if statement; for clear, a new map or a loop with delete",
		find:    newBuiltins,
	},
	{
		name:    "range over an integer or a function",
		because: "Yaegi panics with \"nil type\" at import: the plugin does not load",
		instead: "`for i := 0; i < n; i++`, or a slice to range over",
		find:    newRanges,
	},
	{
		name:    "several conditions in one case",
		because: "in a switch without a tag Yaegi looks at a case's first condition only",
		instead: "one condition joined with ||, or an if statement",
		find:    caseLists,
	},
	{
		name:    "value that is not there",
		because: "where an assertion or a map has no value, Yaegi leaves the one before in the variable, in a loop that of the turn before: one user's for another's",
		instead: "`if v, ok := x.(T); ok {`, or a function of its own, whose variables are new each time it is called",
		find:    staleValues,
	},
	{
		name:    "several package variables from one call",
		because: "Yaegi may not know the function's results yet: assignment mismatch at import",
		instead: "an init function that assigns them",
		find:    packageTuples,
	},
	{
		name:    "unnamed parameter",
		because: "a function's result lands in the place of a parameter that has no name: Yaegi panics when it is called",
		instead: "a name for each parameter, `_` where it is not used",
		find:    unnamedParameters,
	},
	{
		name:    "closure over a loop variable",
		because: "in Yaegi one variable serves the whole loop, so a closure that outlives its turn sees a later value; compiled, each turn has its own",
		instead: "an argument, `p.method(v)`, or a variable declared in the loop's body",
		find:    capturedLoopVariables,
	},
	{
		name:    "compiler directive",
		because: "Yaegi ignores it: a file that //go:build leaves out is loaded all the same, and nothing is embedded, linked or generated",
		instead: "one set of files for all; a generator or tool in a directory of its own; embedded text as a constant",
		find:    directives,
	},
	{
		name:    "method expression",
		because: "Yaegi panics: it binds the receiver and then counts it as an argument",
		instead: "a method value `x.method`, or a function literal that calls it",
		find:    methodExpressions,
	},
	{
		name:    "not in Yaegi's standard library",
		because: "Yaegi v0.16.1 has the standard library of Go 1.22 without unsafe, syscall, embed and most generic functions, and Traefik may be built with that Go",
		instead: "what Go 1.22 offers: sort.Slice, strings.Split, atomic.Value, a mutex, a loop",
		find:    missingStd,
	},
	{
		name:    "method value of a std type",
		because: "through a pointer, Yaegi takes the receiver for a first parameter: the plugin does not load (#1356)",
		instead: "a function literal that calls the method",
		find:    methodValuesOfStd,
	},
	{
		name:    "switch on an error",
		because: "Yaegi panics comparing an error of an interpreted type (#1609), and a wrapped error matches no case anywhere",
		instead: "`switch { case errors.Is(err, errX): }`",
		find:    switchesOnErrors,
	},
	{
		name:    "type assertion to an own type",
		because: "Yaegi goes by structure: another type with the same fields passes for it, a type switch misses it, an own interface panics or is never met",
		instead: "a field or variable of the concrete type, a constant that says the kind, or an interface of the standard library",
		find:    assertionsToOwnTypes,
	},
	{
		name:    "two structs of one shape",
		because: "they are one type to Yaegi, so a value of one passes for the other",
		instead: "one type for both, or fields that differ in name",
		find:    structsOfOneShape,
	},
	{
		name:    "own representation",
		because: "compiled code sees the method at most on the value handed to it, never on one within, so it redacts and converts nothing there",
		instead: "a function that returns the string or the plain struct to print or encode, called by hand",
		find:    ownRepresentations,
	},
	{
		name:    "embedded own type",
		because: "encoding/json and fmt do not see its fields as the outer struct's (#1656)",
		instead: "a field with a name, or the fields themselves",
		find:    embeddedOwnTypes,
	},
	{
		name:    "unexported field in Config",
		because: "Yaegi exports it as X<name>: users can set it as x<name>, and it shows wherever the configuration does",
		instead: "a struct of the plugin's own that New fills from Config",
		find:    unexportedConfigFields,
	},
	{
		name:    "duration in Config",
		because: "Traefik's decoder refuses \"30s\" and takes 30 for 30 nanoseconds",
		instead: "a string field that New parses with paerser's types.Duration",
		find:    durationConfigFields,
	},
	{
		name:    "goroutine without recover",
		because: "a panic there ends Traefik",
		instead: "`go` and AfterFunc with a function of the plugin that begins with a deferred call of recover",
		find:    goroutinesWithoutRecover,
	},
	{
		name:    "panic or exit",
		because: "Yaegi makes all of them panics: a 500 in a request, in New the end of every later configuration change",
		instead: "a returned error",
		find:    exits,
	},
	{
		name:    trapImport,
		because: "Traefik loads a plugin from its own and its vendored sources only",
		instead: "the standard library, or a requirement in go.mod that is vendored",
		find:    unrequiredImports,
	},
	{
		name:    "own value as a std interface",
		because: "Yaegi does not wrap it in a literal of a standard struct or in a conversion, and panics: not assignable",
		instead: "a variable of the interface type first, `var h http.Handler = x`, and that in the literal",
		find:    ownValuesAsStdInterfaces,
	},
	{
		name:    "context key that is no pointer",
		because: "own types lose their names in Yaegi, so the key is equal to any other of the same content, a plain string too",
		instead: "a pointer kept in a package variable, `var identityKey = new(string)`",
		find:    ownContextKeys,
	},
	{
		name:    "own http.ResponseWriter",
		because: "to compiled code it has ResponseWriter's three methods only: no Flush, Hijack or Unwrap, so streams and WebSockets break",
		instead: "the writer as it came",
		find:    ownResponseWriters,
	},
}
