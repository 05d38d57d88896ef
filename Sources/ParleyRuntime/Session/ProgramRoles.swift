package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

extension SessionRoles where Output == [Int: ClearValues] {
  /// The roles of a principal that runs a lowered program on some engine.
  ///
  /// - Parameters:
  ///   - program: lowered for the engine; equal at all principals (its hash is part of the description).
  ///   - inputs: of the program it was lowered from.
  ///   - recipients: by disclosure, who receives it.
  ///   - held: by table, the data of this principal; empty when it holds none.
  ///   - isStated: computing parties sign what they open; for engines that commit to it.
  ///   - dealer, engine, receiver: make this principal's side of the protocol, as far as it has that side.
  ///   - onProgress: called on the session's thread.
  package static func program(
    _ program: LoweredProgram, inputs: [Program.Input], recipients: [[PartyIndex]],
    held: [Int: InputFeeder.HeldTable], in description: SessionDescription, at local: PartyIndex,
    isStated: Bool = false,
    dealer: @escaping (EstablishedSession, any MessageLinks) throws(ParleyError) -> any InputDealer,
    engine: @escaping (EstablishedSession, any MessageLinks) throws(ParleyError) -> any Engine,
    receiver: @escaping (EstablishedSession, any MessageLinks) throws(ParleyError) -> any OutputReceiver,
    onProgress: ((ExecutionProgress) -> Void)? = nil
  ) -> SessionRoles {
    var roles = SessionRoles(encode: encodeValues)
    if isStated { roles.statedOpenings = program.instructions.count { $0.kind.isOpening } }
    if description.isHolder(local) {
      roles.feed = { (session, mesh) throws(ParleyError) in
        try InputFeeder(
          program: program, inputs: inputs, shape: session.shape, holder: local, tables: held,
          digester: session.textDigester
        ).feed(to: try dealer(session, mesh), over: mesh)
      }
    }
    if description.isComputing(local) {
      roles.compute = { (session, mesh, hooks) throws(ParleyError) in
        try execute(
          program, on: try engine(session, mesh), over: mesh, shape: session.shape, recipients: recipients, hooks,
          onProgress)
      }
    } else if description.isRecipient(local) {
      func collector(_ session: EstablishedSession) -> OutputCollector {
        OutputCollector(program: program, shape: session.shape, recipients: recipients, local: local)
      }
      roles.awaitRequirements = { (session, mesh, roster) throws(ParleyError) in
        try collector(session).awaitRequirements(over: mesh, of: roster)
      }
      roles.collect = { (session, mesh, agreed) throws(ParleyError) in
        let receiver = try receiver(session, mesh)
        if let agreed { receiver.adopt(agreed) }
        return try collector(session).collect(from: receiver)
      }
    }
    return roles
  }

  private static func execute<E: Engine>(
    _ program: LoweredProgram, on engine: E, over mesh: any MessageLinks, shape: ExecutionShape,
    recipients: [[PartyIndex]], _ hooks: ExecutionHooks, _ onProgress: ((ExecutionProgress) -> Void)?
  ) throws(ParleyError) -> Output {
    let executor = Executor(
      engine: engine, mesh: mesh, program: program, shape: shape, recipients: recipients, onProgress: onProgress)
    executor.hooks = hooks
    return try executor.run()
  }

  /// Canonical bytes of what a principal received: by disclosure, ascending.
  package static func encodeValues(_ values: [Int: ClearValues]) -> [UInt8] {
    var out = CanonicalWriter()
    out.write(list: values.sorted { $0.key < $1.key }) { out, entry in
      out.write(UInt32(entry.key))
      switch entry.value {
      case .words(let words):
        out.write(UInt8(0))
        out.write(list: words) { $0.write($1) }
      case .planes(let planes, let count):
        out.write(UInt8(1))
        out.write(UInt64(count))
        out.write(list: planes) { out, plane in out.write(list: plane) { $0.write($1) } }
      }
    }
    return out.bytes
  }

  /// Reads what ``encodeValues(_:)`` wrote.
  package static func decodeValues(_ bytes: [UInt8]) throws(ParleyError) -> [Int: ClearValues] {
    var reader = CanonicalReader(bytes)
    var values: [Int: ClearValues] = [:]
    let limit = bytes.count
    for _ in 0..<(try reader.readCount(atMost: limit)) {
      let disclosure = Int(try reader.read(UInt32.self))
      guard values[disclosure] == nil else {
        throw ParleyError(.protocolViolation, "malformed message: a disclosure that is there twice")
      }
      if try reader.readBool() {
        let count: UInt64 = try reader.read()
        var planes: [[UInt64]] = []
        for _ in 0..<(try reader.readCount(atMost: limit)) { planes.append(try words(&reader, limit)) }
        // Without planes nothing in the message would bound the count.
        guard count <= 8 * UInt64(limit), !planes.isEmpty || count == 0,
          planes.allSatisfy({ $0.count == (Int(count) + 63) / 64 })
        else {
          throw ParleyError(.protocolViolation, "malformed message: planes of another length")
        }
        values[disclosure] = .planes(planes, count: Int(count))
      } else {
        values[disclosure] = .words(try words(&reader, limit))
      }
    }
    try reader.finish()
    return values
  }

  private static func words(_ reader: inout CanonicalReader, _ limit: Int) throws(ParleyError) -> [UInt64] {
    var words: [UInt64] = []
    for _ in 0..<(try reader.readCount(atMost: limit)) { words.append(try reader.read()) }
    return words
  }
}

extension Instruction.Kind {
  /// Whether it opens a value: a result, or the verdicts.
  fileprivate var isOpening: Bool {
    switch self {
    case .openArith, .openPlanes, .openVerdicts: true
    default: false
    }
  }
}
