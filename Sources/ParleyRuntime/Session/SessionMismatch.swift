internal import ParleyBase

/// Says in words how the descriptions of the principals differ. Everybody has the same hellos, so everybody comes
/// to the same verdict, each from its own point of view.
enum SessionMismatch {
  static func check(
    _ hellos: [SessionHello], local: PartyIndex, _ description: SessionDescription
  ) throws(ParleyError) {
    let own = hellos[local.rawValue]
    let others = hellos.indices.filter { hellos[$0].agreement != own.agreement }
    if others.isEmpty { return try checkAmongOthers(hellos, description) }
    var differences: [String] = []
    var remedy = ""
    for index in others {
      let party = PartyIndex(index)
      guard let field = firstDifference(own, hellos[index]) else {
        throw ParleyError(
          .protocolViolation, "\(description.label(party)) claims another agreement with the same fields"
        ).noticed(party, ControlStep.hello)
      }
      differences.append("\(field.rawValue): \(detail(field, own, hellos[index], description.label(party)))")
      if remedy.isEmpty { remedy = fix(field) }
    }
    let alone =
      others.count == hellos.count - 1 && hellos.count > 2
      && Set(others.map { hellos[$0].agreement }).count == 1
    throw ParleyError(
      .sessionMismatch,
      "session mismatch, nothing but greetings was sent. " + differences.joined(separator: "; ")
        + (alone ? ". All others agree with each other" : ""),
      at: .init(item: others.map { description.label(PartyIndex($0)) }.joined(separator: ", ")),
      remedy: (alone ? "correct this party: " : "") + remedy)
  }

  /// Equal agreement hashes imply equal fields; a hello whose digests or texts say otherwise is malformed.
  private static func checkAmongOthers(
    _ hellos: [SessionHello], _ description: SessionDescription
  ) throws(ParleyError) {
    for (index, hello) in hellos.enumerated() where firstDifference(hellos[0], hello) != nil {
      throw ParleyError(.protocolViolation, "malformed message: a hello that contradicts itself")
        .noticed(PartyIndex(index), ControlStep.hello)
    }
  }

  private static func firstDifference(_ a: SessionHello, _ b: SessionHello) -> SessionDescription.Field? {
    zip(SessionDescription.Field.allCases, zip(a.fieldDigests, b.fieldDigests)).first { $0.1.0 != $0.1.1 }?.0
  }

  private static func detail(
    _ field: SessionDescription.Field, _ own: SessionHello, _ other: SessionHello, _ label: String
  ) -> String {
    switch field {
    case .version: return "\(label) runs \(quoted(other.version)), this party \(quoted(own.version))"
    case .protocolID: return "\(label) uses \(quoted(other.protocolID)), this party \(quoted(own.protocolID))"
    case .parameters:
      let names = Set(own.parameters.map(\.name)).union(other.parameters.map(\.name)).sorted()
      for name in names {
        let mine = own.parameters.first { $0.name == name }?.value
        let theirs = other.parameters.first { $0.name == name }?.value
        if mine != theirs {  // public: parameters of the study
          return "\(quoted(name)) is \(theirs.map(quoted) ?? "absent") at \(label) and "
            + "\(mine.map(quoted) ?? "absent") here"
        }
      }
      return "\(label) has others"
    default:
      let index = SessionDescription.Field.allCases.firstIndex(of: field) ?? 0
      return "\(label) has \(short(other.fieldDigests[index])), this party \(short(own.fieldDigests[index]))"
    }
  }

  /// Text of a peer, safe to print: control and format characters are replaced, long text is cut.
  private static func quoted(_ text: String) -> String {
    let safe = text.unicodeScalars.prefix(60).map { scalar -> Character in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: "?"
      default: Character(scalar)
      }
    }
    return "“" + String(safe) + (text.unicodeScalars.count > 60 ? "…" : "") + "”"
  }

  private static func short(_ digest: [UInt8]) -> String { hexadecimal(digest.prefix(4)) + "…" }

  private static func fix(_ field: SessionDescription.Field) -> String {
    switch field {
    case .version: "install one version of Parley at all parties"
    case .protocolID: "use one study file with the same security profile everywhere"
    case .parameters: "use one study file with the same options, and one build of Parley, everywhere"
    case .study: "give all parties the same study file"
    case .program: "install one version of Parley and use the same study file, so that the same program results"
    case .disclosure: "accept the same disclosure statement everywhere"
    case .principals: "list the same parties and keys everywhere"
    case .tables: "use the same tables and limits everywhere"
    case .job: "start the same job everywhere"
    }
  }

  static func format(_ party: PartyIndex, _ description: SessionDescription) -> ParleyError {
    ParleyError(
      .sessionMismatch,
      "session mismatch, nothing but greetings was sent. version: \(description.label(party)) speaks another "
        + "format of the handshake",
      remedy: fix(.version))
  }
}
