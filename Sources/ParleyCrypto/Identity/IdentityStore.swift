import Crypto
public import Foundation
public import ParleyBase

/// A folder of identities, one file each, readable by their owner only.
///
/// `NAME.identity` is a JSON object: `parley-identity` (format, 1), `name`, `public` (text form),
/// `p256` (private scalar, 32 bytes) and `ml-dsa-65-seed` (32 bytes), both base64url. The file has mode 0600 in a
/// folder of mode 0700. Loading refuses anything that group or others may touch: keys that were readable may
/// already be somebody else's.
public struct IdentityStore: Sendable {
  /// The folder, without a slash at its end.
  public let directory: String

  /// The identities of a folder, which need not be there yet.
  public init(directory: String) {
    self.directory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
  }

  /// `$PARLEY_HOME/identities`, or `~/.parley/identities`.
  public static func standard(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> IdentityStore {
    IdentityStore(directory: HomeFolder.path(environment) + "/identities")
  }

  static let suffix = ".identity"
  private static let formatVersion = 1
  private static let longestFile = 64 * 1024

  /// The file of an identity of this name.
  public func path(of name: String) -> String { "\(directory)/\(name)\(Self.suffix)" }

  /// Writes a new identity; an existing one is never overwritten.
  public func save(_ identity: Identity) throws(ParleyError) {
    try makeDirectory()
    let path = path(of: identity.name)
    let record = Record(
      format: Self.formatVersion, name: identity.name, publicKey: identity.publicIdentity.text,
      p256: Base64URL.encode(identity.signingKey.rawRepresentation),
      postQuantumSeed: Base64URL.encode(identity.postQuantumKey.seedRepresentation))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let data: Data
    do { data = try encoder.encode(record) } catch {
      throw ParleyError(.identityStorage, "identity '\(identity.name)' could not be encoded: \(error)")
    }
    do {
      try OwnerOnlyFile.create(path: path, contents: Array(data) + [UInt8(ascii: "\n")])
    } catch {
      guard error == .exists else { throw storage("write", path, error) }
      throw ParleyError(
        .identityExists, "there is an identity '\(identity.name)' already", at: .init(file: path),
        remedy: "choose another name; or, if nobody uses its public key any more, move that file away first")
    }
  }

  /// An identity that was saved.
  ///
  /// - Throws: `identity/missing`, `identity/name`, `identity/permissions` where others may touch file or folder,
  ///   `identity/malformed`, `identity/storage`.
  public func load(name: String) throws(ParleyError) -> Identity {
    guard Identity.isValid(name: name) else {
      throw ParleyError(
        .identityName, "'\(name)' cannot name an identity",
        remedy: "use the name given to 'parley identity create', not a path")
    }
    return try load(path: path(of: name))
  }

  /// Loads the identity in a file, wherever it lies.
  public func load(path: String) throws(ParleyError) -> Identity {
    let bytes: [UInt8]
    do { bytes = try OwnerOnlyFile.read(path: path, limit: Self.longestFile) } catch {
      throw loadError(error, path: path)
    }
    guard let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else {
      throw malformed("it is not a JSON object with the fields of an identity", path)
    }
    guard record.format == Self.formatVersion else {
      throw malformed("its format is \(record.format), this version reads \(Self.formatVersion)", path)
    }
    guard let scalar = Base64URL.decode(record.p256),
      let signingKey = try? P256.Signing.PrivateKey(rawRepresentation: scalar),
      let seed = Base64URL.decode(record.postQuantumSeed),
      let postQuantumKey = try? MLDSA65.PrivateKey(seedRepresentation: seed, publicKey: nil)
    else { throw malformed("a private key in it is not one", path) }
    let identity = try Identity(
      name: record.name, signingKey: signingKey, postQuantumKey: postQuantumKey)
    guard identity.publicIdentity.text == record.publicKey else {  // public: the public half of the key
      throw malformed("its public and private keys do not belong together", path)
    }
    return identity
  }

  /// The names of all identities in the store, sorted.
  public func names() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return files.filter { $0.hasSuffix(Self.suffix) }.map { String($0.dropLast(Self.suffix.count)) }
      .sorted()
  }

  private struct Record: Codable {
    var format: Int
    var name: String
    var publicKey: String
    var p256: String
    var postQuantumSeed: String
    enum CodingKeys: String, CodingKey {
      case format = "parley-identity"
      case name
      case publicKey = "public"
      case p256
      case postQuantumSeed = "ml-dsa-65-seed"
    }
  }

  private func makeDirectory() throws(ParleyError) {
    do { try OwnerOnlyFile.makeDirectory(directory) } catch {
      if case .open(let mode) = error { throw permissions(directory, mode: mode, wanted: "700") }
      throw storage("create", directory, error)
    }
  }

  private func loadError(_ failure: OwnerOnlyFile.Failure, path: String) -> ParleyError {
    switch failure {
    case .missing:
      ParleyError(
        .identityMissing, "there is no identity here", at: .init(file: path),
        remedy: names().isEmpty
          ? "make one with 'parley identity create --name NAME'"
          : "use one of: \(names().joined(separator: ", ")); or make one with 'parley identity create --name NAME'"
      )
    case .open(let mode): permissions(path, mode: mode, wanted: "600")
    case .openDirectory(let directory, let mode): permissions(directory, mode: mode, wanted: "700")
    case .foreign:
      ParleyError(
        .identityPermissions, "the identity belongs to another user of this machine", at: .init(file: path),
        remedy: "run as its owner, or make an identity of your own with 'parley identity create --name NAME'")
    case .notAFile:
      malformed("it is not an ordinary file (links are refused)", path)
    case .tooLarge: malformed("it is larger than any identity", path)
    case .exists, .system: storage("read", path, failure)
    }
  }

  private func permissions(_ path: String, mode: Int, wanted: String) -> ParleyError {
    ParleyError(
      .identityPermissions,
      "private keys may be read or changed by others than their owner (mode \(String(mode, radix: 8)))",
      at: .init(file: path),
      remedy: "run: chmod \(wanted) '\(path)'; and if others use this machine, make a new identity instead")
  }

  private func malformed(_ why: String, _ path: String) -> ParleyError {
    ParleyError(
      .identityMalformed, "the identity cannot be read: \(why)", at: .init(file: path),
      remedy: "restore the file from a backup, or make a new identity and give its public key to the study")
  }

  private func storage(_ what: String, _ path: String, _ failure: OwnerOnlyFile.Failure) -> ParleyError {
    ParleyError(
      .identityStorage, "could not \(what) it: \(failure.words)", at: .init(file: path),
      remedy:
        "check that the folder exists, is yours and has space left (df), and that files may grow that large (ulimit -f)"
    )
  }
}
