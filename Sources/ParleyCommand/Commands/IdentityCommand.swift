import ArgumentParser
import Foundation
import ParleyBase
import ParleyCrypto
import ParleyStudy
import ParleyTransport

struct IdentityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identity", abstract: "Make and show the key pair of a party.",
    subcommands: [Create.self, Show.self])

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key pair and print its public key and fingerprint.",
      discussion:
        "The file is readable by its owner only. Put the public key into the study file; compare the fingerprint by telephone."
    )
    @Option(help: "The party's name in the study.") var name: String
    @Option(name: [.customLong("identity"), .customLong("directory")], help: "Folder of the identity files.")
    var directory: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let store = IdentityFiles.store(directory)
      let identity = try Identity.create(name: name)
      try store.save(identity)
      try IdentityFiles.show(identity.publicIdentity, name: name, path: store.path(of: name), json: json)
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the public key and fingerprint.")
    @Option(help: "The party's name.") var name: String
    @Option(name: [.customLong("identity"), .customLong("directory")], help: "Folder of the identity files.")
    var directory: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let store = IdentityFiles.store(directory)
      try IdentityFiles.show(
        try store.load(name: name).publicIdentity, name: name, path: store.path(of: name), json: json)
    }
  }
}

enum IdentityFiles {
  static func store(_ directory: String?) -> IdentityStore {
    directory.map { IdentityStore(directory: $0) } ?? .standard()
  }

  /// The folder of what `--identity` names: a folder, or an identity file in it.
  static func folder(_ path: String) -> String { isFile(path) ? FilePath.folder(path) : path }

  private static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  /// The identity of a party, in the folder or file that `--identity` names.
  ///
  /// - Parameter study: where it is to act as a party of one, what is advised if there is no such identity follows from it.
  static func load(_ name: String, from path: String?, for study: Study? = nil) throws(ParleyError) -> Identity {
    if let path, isFile(path) { return try store(folder(path)).load(path: path) }
    let store = store(path)
    do throws(ParleyError) { return try store.load(name: name) } catch {
      guard error.code == .identityMissing, let study, let party = study.party(name) else { throw error }
      var told = error
      told.remedy = remedy(for: party, of: study, in: store)
      throw told
    }
  }

  /// A new identity has another key than the study: it helps only where the study has none yet.
  private static func remedy(for party: Study.Party, of study: Study, in store: IdentityStore) -> String {
    let found = store.names().compactMap { name in (try? store.load(name: name)).map { (name, $0.publicIdentity) }
    }
    guard let key = party.key else {
      return
        "if \(party.name) has one elsewhere, name its folder with --identity; otherwise make one with 'parley identity create --name \(party.name)', and put its key into the study, at every party"
    }
    if let (name, _) = found.first(where: { $0.1 == key }) {  // public: identities are in the study
      return "the identity '\(name)' in this folder has its key: add --identity '\(store.path(of: name))'"
    }
    let others = study.parties.filter { other in
      other.key.map { key in found.contains { $0.1 == key } } ?? false  // public: identities are in the study
    }
    let acting = others.map { "--as \($0.name)" }.joined(separator: " or ")
    return
      (others.isEmpty
      ? ""
      : "this folder has the identity of \(others.map(\.name).joined(separator: ", ")): act as that party (\(acting)); or, ")
      + "where the identity of \(party.name) was made, whose key in the study has fingerprint \(key.fingerprint), name its folder with --identity (a new identity would have another key)"
  }

  private struct Shown: Encodable {
    var name: String
    /// As study files call it.
    var key: String
    /// The same.
    var publicKey: String
    var fingerprint: String
    var linkKey: String
    var file: String
  }
  static func show(_ identity: PublicIdentity, name: String, path: String, json: Bool) throws {
    if json {
      try Console.output(
        json: Shown(
          name: name, key: identity.text, publicKey: identity.text, fingerprint: identity.fingerprint,
          linkKey: fingerprint(ofPublicKey: identity.signingKey), file: path))
    } else {
      try Console.output("name         \(name)")
      try Console.output("fingerprint  \(identity.fingerprint)")
      try Console.output("link key     \(fingerprint(ofPublicKey: identity.signingKey))")
      try Console.output("file         \(path)")
      try Console.output("key          \(identity.text)")
    }
  }
}
