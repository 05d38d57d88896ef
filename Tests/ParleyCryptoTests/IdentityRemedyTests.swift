import Foundation
import ParleyBase
import ParleyCrypto
import Testing

/// What is advised about identities has been done here, and then they are made and read.
@Suite struct IdentityRemedyTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "parley-identity-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }
  private func remedy(
    _ code: ParleyError.Code, at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) throws -> String {
    let error = try #require(throws: ParleyError.self, sourceLocation: location) { try body() }
    #expect(error.code == code, "\(error)", sourceLocation: location)
    return try #require(error.remedy, sourceLocation: location)
  }

  @Test func names() throws {
    let words = "use 1 to 64 letters, digits, '-', '_' and '.', not starting with '.' or '-'"
    #expect(try remedy(.identityName) { _ = try Identity.create(name: ".a") } == words)
    _ = try Identity.create(name: "a.")
    try withFolder { folder in
      let store = IdentityStore(directory: folder)
      let missing = "make one with 'parley identity create --name NAME'"
      #expect(try remedy(.identityMissing) { _ = try store.load(name: "a") } == missing)
      try store.save(try Identity.create(name: "a"))
      _ = try store.load(name: "a")
      #expect(try remedy(.identityMissing) { _ = try store.load(name: "b") } == "use one of: a; or \(missing)")
      let other = try Identity.create(name: "a")
      let exists = try remedy(.identityExists) { try store.save(other) }
      #expect(
        exists == "choose another name; or, if nobody uses its public key any more, move that file away first")
      try FileManager.default.moveItem(atPath: store.path(of: "a"), toPath: folder + "/old")
      try store.save(other)
      #expect(try store.load(name: "a").publicIdentity == other.publicIdentity)
    }
  }

  /// The store is not asked for it.
  @Test func pathsAreNoNames() {
    let store = IdentityStore(directory: "/nowhere")
    let error = #expect(throws: ParleyError.self) { try store.load(name: "./a") }
    #expect(error?.code == .identityName)
    #expect(error?.remedy == "use the name given to 'parley identity create', not a path")
  }

  @Test func files() throws {
    try withFolder { folder in
      let store = IdentityStore(directory: folder)
      let identity = try Identity.create(name: "a")
      try store.save(identity)
      let path = store.path(of: "a"), files = FileManager.default
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      for (file, mode, broken) in [(path, 0o600, 0o644), (folder, 0o700, 0o755)] {
        try files.setAttributes([.posixPermissions: broken], ofItemAtPath: file)
        let words = try remedy(.identityPermissions) { _ = try store.load(name: "a") }
        #expect(
          words.hasPrefix(
            "run: chmod \(String(mode, radix: 8)) '\(file)'; and if others use this machine, make a new identity"))
        try files.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        _ = try store.load(name: "a")
      }
      try Data("{".utf8).write(to: URL(fileURLWithPath: path))
      try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      let words = try remedy(.identityMalformed) { _ = try store.load(name: "a") }
      #expect(
        words == "restore the file from a backup, or make a new identity and give its public key to the study")
      try whole.write(to: URL(fileURLWithPath: path))
      try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      #expect(try store.load(name: "a").publicIdentity == identity.publicIdentity)
      // A folder where a file is.
      let inside = IdentityStore(directory: path + "/deeper")
      let storage = try remedy(.identityStorage) { try inside.save(identity) }
      #expect(storage.hasPrefix("check that the folder exists, is yours and has space left (df)"), "\(storage)")
      try IdentityStore(directory: folder + "/deeper").save(identity)
    }
  }

  @Test func keysAndSignatures() throws {
    let identity = try Identity.create(name: "a"), text = identity.publicIdentity.text
    let cut = try remedy(.identityMalformed) { _ = try PublicIdentity(text: String(text.dropLast(4))) }
    #expect(cut == "copy the whole line that 'parley identity show' prints at the party it belongs to")
    #expect(try PublicIdentity(text: text) == identity.publicIdentity)
    let short = try remedy(.identityMalformed) { _ = try HybridSignature(classical: [1], postQuantum: []) }
    #expect(short == "ask the signer for the signature file again, or let them sign again")
    let again = try identity.sign([1, 2], purpose: .study)
    _ = try HybridSignature(classical: again.classical, postQuantum: again.postQuantum)
  }
}
