import Foundation
public import ParleyBase
public import ParleyCrypto

/// A party's consent to a study: its signature over the study's hash in its own name.
///
/// It lies in a file of its own beside the study, `STUDY.signatures/PARTY.sig`, so that parties can sign
/// independently and hand the files around. The file is a JSON object: `parley-signature` (format, 1), `party`,
/// `study` (hash, hexadecimal), `p256` and `ml-dsa-65` (base64url).
public struct StudySignature: Sendable, Hashable {
  /// Name of the party that signs.
  public var party: String
  /// Hash of the study that was signed.
  public var studyHash: [UInt8]
  /// The signature by both keys of the party.
  public var signature: HybridSignature

  /// A signature, which is not checked here.
  public init(party: String, studyHash: [UInt8], signature: HybridSignature) {
    self.party = party
    self.studyHash = studyHash
    self.signature = signature
  }

  static func message(studyHash: [UInt8], party: String) -> [UInt8] {
    var writer = CanonicalWriter()
    writer.write(studyHash)
    writer.write(party)
    return writer.bytes
  }
}

/// How a party stands to a study.
public enum SignatureStatus: String, Sendable, Hashable {
  /// Signed by the party's key, and this study.
  case valid
  /// There is no signature file.
  case missing
  /// The study names no key for the party, so nothing can be checked.
  case noKey = "no-key"
  /// Signed, but not this study: it was changed afterwards, or the file belongs to another.
  case otherStudy = "other-study"
  /// The signature does not verify, or is in another party's name.
  case invalid
}

extension Study {
  /// Signs as the party `name`, whose key in the study must be the identity's.
  public func sign(with identity: Identity, as name: String) throws(ParleyError) -> StudySignature {
    let party = try requireParty(name)
    guard party.key != nil else {
      throw ParleyError(
        .studyNotReady, "party '\(name)' has no key in the study, so nobody could check its signature",
        at: place(party.line),
        remedy: "add 'key: \(identity.publicIdentity.text.prefix(24))…' (the whole line from "
          + "'parley identity show') to the party, and give the changed study to all")
    }
    try requireKey(identity, of: party)
    let hash = studyHash
    return StudySignature(
      party: name, studyHash: hash,
      signature: try identity.sign(StudySignature.message(studyHash: hash, party: name), purpose: .study))
  }

  /// That an identity is the one whose key the study names for a party.
  ///
  /// - Throws: `identity/other-key`, which says whose it is if it is another party's.
  public func requireKey(_ identity: Identity, of party: Party) throws(ParleyError) {
    guard party.key != identity.publicIdentity else { return }  // public: identities are in the study
    func owner(_ party: Party) -> String {
      party.organisation.isEmpty ? "'\(party.name)'" : "'\(party.name)' (\(party.organisation))"
    }
    if let other = parties.first(where: { $0.key == identity.publicIdentity }) {  // public: in the study
      throw ParleyError(
        .identityOtherKey,
        "the identity '\(identity.name)' is that of \(owner(other)), and not of \(owner(party))",
        at: place(party.line),
        remedy: "use the identity of '\(party.name)' (--identity), or act as '\(other.name)' (--as)")
    }
    throw ParleyError(
      .identityOtherKey,
      "the key of \(owner(party)) in the study has fingerprint \(party.key?.fingerprint ?? "none"), the identity "
        + "'\(identity.name)' has \(identity.publicIdentity.fingerprint)", at: place(party.line),
      remedy:
        "use the identity whose key the study names (--identity), or put the key that 'parley identity show --name \(identity.name)' prints into the study, at every party"
    )
  }

  /// Checks a signature, or its absence, against the key that the study names for the party.
  public func status(of signature: StudySignature?, as name: String) -> SignatureStatus {
    guard let key = party(name)?.key else { return .noKey }
    guard let signature else { return .missing }
    guard signature.party == name else { return .invalid }
    let hash = studyHash
    guard signature.studyHash == hash else { return .otherStudy }  // public: studies are known to all parties
    let message = StudySignature.message(studyHash: hash, party: name)
    return key.verify(signature.signature, of: message, purpose: .study) ? .valid : .invalid
  }
}

/// The signatures that lie beside a study file.
public struct SignatureFolder: Sendable {
  /// The folder, beside the study file.
  public let directory: String

  /// The signatures of the study file at `path`; neither need be there.
  public init(ofStudy path: String) { directory = path + ".signatures" }

  private static let formatVersion = 1
  private static let largestFile = 64 * 1024

  /// The file of a party's signature.
  public func path(of party: String) -> String { "\(directory)/\(party).sig" }

  private struct Record: Codable {
    var format: Int
    var party: String
    var study: String
    var classical: String
    var postQuantum: String
    enum CodingKeys: String, CodingKey {
      case format = "parley-signature"
      case party, study
      case classical = "p256"
      case postQuantum = "ml-dsa-65"
    }
  }

  /// Writes a signature, in place of an earlier one of the same party.
  public func save(_ signature: StudySignature) throws(ParleyError) {
    let record = Record(
      format: Self.formatVersion, party: signature.party, study: hexadecimal(signature.studyHash),
      classical: Base64URL.encode(signature.signature.classical),
      postQuantum: Base64URL.encode(signature.signature.postQuantum))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try encoder.encode(record).write(to: URL(fileURLWithPath: path(of: signature.party)), options: .atomic)
    } catch {
      throw ParleyError(
        .studyUnreadable, "the signature could not be written: \(error.localizedDescription)",
        at: .init(file: path(of: signature.party)), remedy: "check that the folder of the study can be written to")
    }
  }

  /// The signature of a party; nil when there is none.
  public func load(_ party: String) throws(ParleyError) -> StudySignature? {
    let path = path(of: party)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    var data = Data()
    do throws(FileSource.Failure) {
      let source = try FileSource(path: path, allowsPipes: false)
      var chunk = [UInt8](repeating: 0, count: Self.largestFile)
      while data.count <= Self.largestFile {
        let count = try chunk.withUnsafeMutableBufferPointer { (buffer) throws(FileSource.Failure) in
          try source.read(into: buffer)
        }
        guard count > 0 else { break }
        data += chunk[..<count]
      }
    } catch {
      throw malformed(path, "the signature file cannot be read: \(error.reason)")
    }
    guard data.count <= Self.largestFile else {
      throw malformed(path, "this is no signature file: it is larger than \(Self.largestFile) bytes")
    }
    guard let record = try? JSONDecoder().decode(Record.self, from: data), record.format == Self.formatVersion
    else {
      throw malformed(path, "this is no signature file: it is not a JSON object with the fields of a signature")
    }
    guard let hash = Self.bytes(hexadecimal: record.study), let classical = Base64URL.decode(record.classical),
      let postQuantum = Base64URL.decode(record.postQuantum),
      let signature = try? HybridSignature(classical: classical, postQuantum: postQuantum)
    else { throw malformed(path, "the signature file is damaged: a field of it is not of the right form") }
    return StudySignature(party: record.party, studyHash: hash, signature: signature)
  }

  /// Every party's standing, in the order of the study. An unreadable file counts as invalid.
  public func verify(_ study: Study) -> [(party: String, status: SignatureStatus)] {
    study.parties.map { party in
      do { return (party.name, study.status(of: try load(party.name), as: party.name)) } catch {
        return (party.name, .invalid)
      }
    }
  }

  /// Refuses unless every party but `own` has signed this very study, or the study waives signatures.
  public func requireSignatures(of study: Study, besides own: String?) throws(ParleyError) {
    guard study.requiresSignatures else { return }
    var problems: [ParleyError] = []
    for (party, status) in verify(study) where party != own && status != .valid {  // public: the name of a party
      problems.append(problem(party, status, study))
    }
    guard problems.isEmpty else { throw ParleyError.combining(problems, file: study.file) }
  }

  /// What is wrong with the files that are there, in the order of the study.
  package func problems(with study: Study) -> [ParleyError] {
    verify(study).filter { $0.status == .invalid || $0.status == .otherStudy }
      .map { problem($0.party, $0.status, study) }
  }

  private func problem(_ party: String, _ status: SignatureStatus, _ study: Study) -> ParleyError {
    let sign = "let '\(party)' run 'parley sign STUDY --as \(party)' and put its file here"
    let waive = "or write 'require-signatures: false' in the study, which all parties must agree to"
    switch status {
    case .noKey:
      return ParleyError(
        .studyNotReady, "party '\(party)' has no key in the study, so its signature cannot be checked",
        at: study.place(study.party(party)?.line ?? 0), remedy: "add its key; \(waive)")
    case .missing, .valid:
      return ParleyError(
        .studySignatureMissing, "'\(party)' has not signed the study", at: .init(file: path(of: party)),
        remedy: "\(sign), \(waive)")
    case .otherStudy:
      return ParleyError(
        .studySignatureInvalid,
        "'\(party)' signed another study than this one (hash \(study.studyHashText.prefix(16))…)",
        at: .init(file: path(of: party)),
        remedy: "compare the study files; if this one is right, \(sign)")
    case .invalid:
      do {
        if let signature = try load(party), signature.party != party { return exchanged(party, signature, study) }
      } catch {
        return error
      }
      return ParleyError(
        .studySignatureInvalid, "the signature of '\(party)' does not verify", at: .init(file: path(of: party)),
        remedy: "check the key of '\(party)' in the study by its fingerprint; if it is right, \(sign)")
    }
  }

  /// A file that somebody else's signature is in.
  private func exchanged(_ party: String, _ signature: StudySignature, _ study: Study) -> ParleyError {
    let isKnown = study.party(signature.party) != nil
    let signer = "'\(VisibleText.line(signature.party))'"
    return ParleyError(
      .studySignatureInvalid,
      "the file holds the signature of \(signer)\(isKnown ? "" : ", who is no party of this study"), and not of '\(party)'",
      at: .init(file: path(of: party)),
      remedy: isKnown
        ? "put it at \(path(of: signature.party)), and here the file that '\(party)' made"
        : "put the file here that '\(party)' made")
  }

  private func malformed(_ path: String, _ what: String) -> ParleyError {
    ParleyError(
      .studySignatureInvalid, what, at: .init(file: path), remedy: "ask the signer for the file again")
  }

  private static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count == 64, text == text.lowercased() else { return nil }
    var bytes: [UInt8] = []
    for position in stride(from: 0, to: 64, by: 2) {
      guard let byte = UInt8(String(decoding: digits[position..<position + 2], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }
}
