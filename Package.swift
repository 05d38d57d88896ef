// swift-tools-version: 6.2
import PackageDescription

// The target graph is the architecture: `docs/architecture.md` repeats this table with the reason for
// each row, and `Scripts/check-layers` compares the two. A target imports lower ranks only.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let certificates: [Target.Dependency] = [
  .product(name: "X509", package: "swift-certificates"),
  .product(name: "SwiftASN1", package: "swift-asn1"),
]
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

struct Row {
  var name: String
  var uses: [String]
  var external: [Target.Dependency] = []
  /// System libraries that are used only with the trait of that name.
  var optional: [String: String] = [:]
  /// Of tests: whether they compute much themselves, or run engines, whose generic code is specialized where its types are known.
  var isOptimized = false
  /// Folders with data that are read where they are.
  var data: [String] = []
}

/// Libraries that the system brings, and the packages that have their headers.
let system = ["CSQLite": "libsqlite3-dev", "CZlib": "zlib1g-dev"]

let library: [Row] = [
  Row(name: "ParleyBase", uses: ["CParleyKernels"]),
  Row(name: "ParleyAlgebra", uses: ["ParleyBase"]),
  Row(name: "ParleyNetwork", uses: ["ParleyBase"]),
  Row(name: "ParleyCrypto", uses: ["ParleyBase", "ParleyAlgebra"], external: [crypto]),
  Row(name: "ParleyProgram", uses: ["ParleyBase", "ParleyAlgebra"], external: [bigInt]),
  Row(name: "ParleyNumerics", uses: ["ParleyBase", "ParleyProgram"], external: [bigInt]),
  Row(name: "ParleyCircuits", uses: ["ParleyBase", "ParleyProgram"], external: [bigInt]),
  Row(
    name: "ParleyEngine",
    uses: ["ParleyBase", "ParleyAlgebra", "ParleyNetwork", "ParleyCrypto", "ParleyProgram"]),
  Row(
    name: "ParleyTransfer", uses: ["ParleyBase", "ParleyNetwork", "ParleyCrypto"], external: [crypto]),
  Row(
    name: "ParleyClear",
    uses: ["ParleyBase", "ParleyAlgebra", "ParleyNetwork", "ParleyProgram", "ParleyEngine"],
    external: [bigInt]),
  Row(
    name: "ParleyReplicated",
    uses: [
      "ParleyBase", "ParleyAlgebra", "ParleyNetwork", "ParleyCrypto", "ParleyProgram", "ParleyEngine",
    ]),
  Row(
    name: "ParleyAdditive",
    uses: [
      "ParleyBase", "ParleyAlgebra", "ParleyNetwork", "ParleyCrypto", "ParleyTransfer", "ParleyProgram",
      "ParleyEngine",
    ]),
  Row(
    name: "ParleyGarbled",
    uses: ["ParleyBase", "ParleyNetwork", "ParleyCrypto", "ParleyTransfer", "ParleyProgram", "ParleyEngine"]),
  Row(name: "ParleyTables", uses: ["ParleyBase", "ParleyProgram"], external: [bigInt]),
  Row(name: "ParleySQL", uses: ["ParleyBase", "ParleyProgram", "ParleyTables"], external: [bigInt]),
  Row(
    name: "ParleyAnalysis",
    uses: ["ParleyBase", "ParleyProgram", "ParleyTables", "ParleySQL", "ParleyNumerics"],
    external: [bigInt]),
  Row(
    name: "ParleyRuntime",
    uses: [
      "ParleyBase", "ParleyAlgebra", "ParleyNetwork", "ParleyCrypto", "ParleyProgram", "ParleyEngine",
    ], external: [bigInt, crypto]),
  Row(
    name: "ParleyStudy",
    uses: ["ParleyBase", "ParleyProgram", "ParleySQL", "ParleyAnalysis", "ParleyCrypto"],
    external: [bigInt, yams, crypto]),
  Row(
    name: "ParleyData", uses: ["ParleyBase", "ParleyProgram", "ParleyStudy"],
    optional: ["CSQLite": "SQLite", "CZlib": "Gzip"]),
  Row(
    name: "ParleyTransport", uses: ["ParleyBase", "ParleyNetwork", "ParleyCrypto"],
    external: nio + certificates + [crypto]),
  Row(
    name: "Parley",
    uses: [
      "ParleyBase", "ParleyAlgebra", "ParleyNetwork", "ParleyCrypto", "ParleyProgram", "ParleyEngine",
      "ParleyClear", "ParleyReplicated", "ParleyAdditive", "ParleyTables", "ParleySQL", "ParleyAnalysis",
      "ParleyRuntime", "ParleyStudy", "ParleyTransport", "ParleyCircuits",
    ], external: [bigInt, crypto]),
  Row(
    name: "ParleyTesting",
    uses: [
      "ParleyBase", "ParleyAlgebra", "ParleyNetwork", "ParleyCrypto", "ParleyProgram", "ParleyEngine",
      "ParleyClear", "ParleyReplicated", "ParleyAdditive", "ParleyGarbled", "ParleyRuntime",
    ], external: [bigInt]),
  Row(
    name: "ParleySQLTesting",
    uses: ["ParleyBase", "ParleyProgram", "ParleyClear", "ParleySQL", "ParleyTesting"], external: [bigInt]),
]

let command = Row(
  name: "ParleyCommand",
  uses: [
    "Parley", "ParleyBase", "ParleyNetwork", "ParleyProgram", "ParleyEngine", "ParleyClear", "ParleyRuntime",
    "ParleyTransfer", "ParleyAdditive", "ParleyStudy", "ParleyData", "ParleyTransport", "ParleySQL",
    "ParleyAnalysis", "ParleyCrypto", "ParleyCircuits",
  ], external: [arguments, bigInt, crypto])

let tests: [Row] = [
  Row(name: "ParleyBaseTests", uses: ["ParleyBase"], isOptimized: true),
  Row(name: "ParleyAlgebraTests", uses: ["ParleyAlgebra", "ParleyBase"], isOptimized: true),
  Row(name: "ParleyNetworkTests", uses: ["ParleyNetwork", "ParleyBase"]),
  Row(name: "ParleyCryptoTests", uses: ["ParleyCrypto", "ParleyBase", "ParleyAlgebra"]),
  Row(
    name: "ParleyTransferTests", uses: ["ParleyTransfer", "ParleyCrypto", "ParleyNetwork", "ParleyBase"],
    external: [crypto], isOptimized: true),
  Row(
    name: "ParleyProgramTests", uses: ["ParleyProgram", "ParleyBase", "ParleyAlgebra", "CSQLite"],
    external: [bigInt], isOptimized: true),
  Row(
    name: "ParleyNumericsTests",
    uses: [
      "ParleyNumerics", "ParleyTesting", "ParleyReplicated", "ParleyClear", "ParleyEngine", "ParleyRuntime",
      "ParleyNetwork", "ParleyProgram", "ParleyBase",
    ], external: [bigInt], isOptimized: true),
  Row(
    name: "ParleyCircuitsTests",
    uses: [
      "ParleyCircuits", "ParleyTesting", "ParleyReplicated", "ParleyEngine", "ParleyProgram", "ParleyNetwork",
      "ParleyBase", "ParleyRuntime",
    ], isOptimized: true, data: ["Circuits"]),
  Row(
    name: "ParleyReplicatedTests",
    uses: [
      "ParleyTesting", "ParleyReplicated", "ParleyClear", "ParleyEngine", "ParleyProgram", "ParleyNetwork",
      "ParleyCrypto", "ParleyAlgebra", "ParleyBase", "ParleyRuntime",
    ], external: [bigInt], isOptimized: true),
  Row(
    name: "ParleyAdditiveTests",
    uses: [
      "ParleyTesting", "ParleyAdditive", "ParleyClear", "ParleyEngine", "ParleyProgram", "ParleyNetwork",
      "ParleyCrypto", "ParleyAlgebra", "ParleyBase", "ParleyRuntime",
    ], external: [bigInt], isOptimized: true),
  Row(
    name: "ParleyGarbledTests",
    uses: [
      "ParleyTesting", "ParleyGarbled", "ParleyCircuits", "ParleyTransfer", "ParleyEngine", "ParleyProgram",
      "ParleyNetwork", "ParleyBase", "ParleyRuntime",
    ], isOptimized: true),
  Row(
    name: "ParleyTablesTests",
    uses: ["ParleyTables", "ParleyProgram", "ParleyClear", "ParleyBase", "CSQLite"], external: [bigInt]),
  Row(
    name: "ParleySQLTests",
    uses: [
      "ParleySQL", "ParleySQLTesting", "ParleyTesting", "ParleyProgram", "ParleyBase", "ParleyRuntime",
      "ParleyEngine",
      "ParleyClear", "ParleyReplicated", "ParleyNetwork", "CSQLite",
    ], external: [bigInt], isOptimized: true),
  Row(
    name: "ParleyAnalysisTests",
    uses: [
      "ParleyAnalysis", "Parley", "ParleyStudy", "ParleySQL", "ParleyProgram", "ParleyClear", "ParleyBase",
      "ParleyTesting", "ParleyReplicated", "ParleyEngine", "ParleyNetwork",
    ],
    external: [bigInt], isOptimized: true),
  Row(
    name: "ParleyRuntimeTests",
    uses: [
      "ParleyRuntime", "ParleyTesting", "ParleyProgram", "ParleyBase", "ParleyNetwork", "ParleyEngine",
      "ParleyCrypto", "ParleyReplicated", "ParleyAlgebra",
    ], external: [bigInt], isOptimized: true),
  Row(
    name: "ParleyStudyTests",
    uses: ["ParleyStudy", "ParleyBase", "ParleyProgram", "ParleySQL", "ParleyCrypto"],
    external: [bigInt]),
  Row(
    name: "ParleyDataTests",
    uses: [
      "ParleyData", "ParleyStudy", "ParleyBase", "ParleyProgram", "ParleyClear", "ParleyAnalysis", "CSQLite",
      "CZlib",
    ]),
  Row(
    name: "ParleyTransportTests",
    uses: ["ParleyTransport", "ParleyNetwork", "ParleyBase", "ParleyCrypto"], external: nio + [crypto]),
  Row(
    name: "ParleyTests",
    uses: [
      "Parley", "ParleyBase", "ParleyProgram", "ParleyStudy", "ParleyCrypto", "ParleyNetwork", "ParleyEngine",
      "ParleyRuntime", "ParleyTransport", "ParleyTesting", "ParleyClear",
    ], external: [bigInt]),
  Row(
    name: "ParleyCommandTests",
    uses: [
      "ParleyCommand", "ParleyBase", "ParleyStudy", "Parley", "ParleyRuntime", "ParleyNetwork", "ParleyCrypto",
      "ParleyProgram",
    ]),
]

/// `PARLEY_ONLY=ParleySQL,ParleySQLTests` builds just those targets and what they need: useful on a small
/// machine while working on one layer. Everything is built when it is unset. How a target is compiled does not
/// depend on it, so that both builds share a folder; `Scripts/test --changed` relies on that.
let only = Context.environment["PARLEY_ONLY"]?.split(separator: ",").map(String.init) ?? []

func closure(of roots: [String]) -> Set<String> {
  var seen = Set<String>()
  var open = roots
  let all = Dictionary(
    uniqueKeysWithValues: (library + tests + [command]).map { ($0.name, $0.uses + $0.optional.keys) })
  while let next = open.popLast() {
    guard seen.insert(next).inserted else { continue }
    open += (all[next] ?? []).filter { !seen.contains($0) }
  }
  return seen
}

let kept = closure(of: only)
func isKept(_ name: String) -> Bool { only.isEmpty || kept.contains(name) }

func dependencies(_ row: Row) -> [Target.Dependency] {
  row.uses.map { .target(name: $0) } + row.external
    + row.optional.sorted { $0.key < $1.key }.map { .target(name: $0, condition: .when(traits: [$1])) }
}

var targets: [Target] = [.target(name: "CParleyKernels")]
targets += library.filter { isKept($0.name) }.map {
  .target(name: $0.name, dependencies: dependencies($0), swiftSettings: strict)
}
if isKept(command.name) {
  targets.append(
    .executableTarget(
      name: command.name, dependencies: dependencies(command),
      resources: [.copy("Resources")], swiftSettings: strict))
}
targets += system.sorted { $0.key < $1.key }.filter { isKept($0.key) }.map {
  .systemLibrary(name: $0, providers: [.apt([$1])])
}
// Other tests call what is tested, and optimizing them takes longer than it saves. No product has these targets, so that the flag is not in
// anybody's build who uses the library.
let plain: [SwiftSetting] = [.unsafeFlags(["-Onone"], .when(configuration: .release))]
targets += tests.filter { isKept($0.name) }.map {
  .testTarget(
    name: $0.name, dependencies: dependencies($0), exclude: $0.data,
    swiftSettings: strict + ($0.isOptimized ? [] : plain))
}

var products: [Product] = []
if isKept("Parley") { products.append(.library(name: "Parley", targets: ["Parley"])) }
if isKept(command.name) { products.append(.executable(name: "parley", targets: [command.name])) }

let package = Package(
  name: "parley",
  products: products,
  traits: [
    .trait(name: "SQLite", description: "The command reads tables of SQLite files: needs libsqlite3-dev."),
    .trait(name: "Gzip", description: "The command reads files compressed with gzip: needs zlib1g-dev."),
    .default(enabledTraits: ["SQLite", "Gzip"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/attaswift/BigInt", from: "6.0.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: targets
)
