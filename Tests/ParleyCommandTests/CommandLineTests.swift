import Foundation
import Testing

extension CommandTests {
  @Suite("Words on the command line") struct CommandLine {
    let box: Sandbox
    init() throws { box = try Sandbox() }

    @Test func versionAndHelp() async throws {
      let version = try await box.parley("--version")
      version.succeeded()
      #expect(version.output.split(separator: ".").count == 3, "\(version)")
      let help = try await box.parley("--help")
      help.succeeded()
      for command in ["demo", "identity", "study", "plan", "run", "party", "sign", "verify", "doctor", "bench"] {
        #expect(help.output.contains("  \(command) "), "\(command)\n\(help)")
        let own = try await box.parley(command, "--help")
        own.succeeded()
        #expect(own.output.contains("USAGE: parley \(command)"), "\(own)")
      }
      #expect(!help.output.contains("bench-party"), "\(help)")
    }

    @Test func wrongWords() async throws {
      try await box.parley("nonsense").failed(2, "usage/arguments", "'nonsense'", "plan")
      try await box.parley("plan", "--nonsense").failed(2, "usage/arguments", "--nonsense", "parley plan --help")
      try await box.parley("plan").failed(2, "usage/arguments", "<study>")
      try await box.parley("--nonsense").failed(2, "usage/arguments", "--nonsense")
      try await box.parley("party", "s.yml", "--as", "x", "--log-level", "loud").failed(
        2, "usage/arguments", "loud")
      try await box.parley("plan", "nosuch.yml").failed(3, "study/unreadable", "nosuch.yml", "study init")
    }

    @Test func identities() async throws {
      let made = try await box.parley("identity", "create", "--name", "alpha")
      made.succeeded()
      #expect(made.output.contains("fingerprint  "), "\(made)")
      let path = box.url("home/identities/alpha.identity")
      func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      }
      #expect(try mode(path) == 0o600)
      #expect(try mode(box.url("home/identities")) == 0o700)
      let shown = try await box.parley("identity", "show", "--name", "alpha")
      #expect(shown.output == made.output, "\(shown)")
      try await box.parley("identity", "create", "--name", "alpha").failed(5, "identity/exists", "alpha.identity")
      try await box.parley("identity", "show", "--name", "omega").failed(5, "identity/missing", "omega.identity")
      for loose in [0o640, 0o604, 0o660] {
        try FileManager.default.setAttributes([.posixPermissions: loose], ofItemAtPath: path)
        try await box.parley("identity", "show", "--name", "alpha").failed(
          5, "identity/permissions", "alpha.identity", String(loose, radix: 8), "chmod 600")
      }
    }
  }
}
