import ParleyBase
import ParleyNetwork
import Testing

@Suite struct InMemoryTests {
  @Test func deliversInOrder() throws {
    let results = runParties(InMemoryNetwork(count: 3)) { mesh -> [[UInt8]] in
      for i in 0..<5000 {
        try mesh.send(step: step(i), to: mesh.next(), bytes: [UInt8(i & 255), UInt8(mesh.local.rawValue)])
      }
      try mesh.flush()
      var got: [[UInt8]] = []
      for i in 0..<5000 { got.append(try mesh.take(2, step: step(i), from: mesh.next(-1))) }
      return got
    }
    for (party, got) in try results.partyValues().enumerated() {
      #expect(got == (0..<5000).map { [UInt8($0 & 255), UInt8((party + 2) % 3)] })
    }
  }

  @Test func pingPongKeepsStepsApart() throws {
    let results = runParties(InMemoryNetwork(count: 2)) { mesh -> UInt8 in
      var value: [UInt8] = [0]
      for i in 0..<2000 {
        if (i + mesh.local.rawValue) % 2 == 0 {
          try mesh.send(step: step(i), to: mesh.next(), bytes: value)
        } else {
          value = try mesh.take(1, step: step(i), from: mesh.next()).map { $0 &+ 1 }
        }
      }
      return value[0]
    }
    // Party 1 takes the messages of even steps, the last of them 1998; party 0 the odd ones to 1999.
    #expect(try results.partyValues() == [UInt8(2000 & 255), UInt8(1999 & 255)])
  }

  @Test func emptyMessagesAndMessagesToOneself() throws {
    let network = InMemoryNetwork(count: 2)
    let results = runParties(network) { mesh -> [UInt8] in
      try mesh.send(step: step(1), to: mesh.local, bytes: [1, 2, 3])
      try mesh.send(step: step(2), to: mesh.next(), bytes: [])
      let empty = try mesh.take(0, step: step(2), from: mesh.next())
      return try empty + mesh.take(3, step: step(1), from: mesh.local)
    }
    #expect(try results.partyValues() == [[1, 2, 3], [1, 2, 3]])
    #expect(network.meshes[0].meter.reading.sentBytes == [0, 0])
    #expect(network.meshes[0].meter.reading.sentMessages == [0, 1])
    #expect(network.meshes[0].meter.reading.rounds == 1)
  }

  /// All parties send far more than the links hold before they receive.
  @Test(arguments: [2, 3, 5]) func largeRoundsDoNotDeadlock(count: Int) throws {
    let options = InMemoryOptions(bytesPerLink: 1000)
    let results = runParties(InMemoryNetwork(count: count, options: options)) { mesh -> Bool in
      var same = true
      for round in 0..<3 {
        for part in 0..<20 {
          for offset in 1..<mesh.count {
            let byte = UInt8(part * 8 + mesh.local.rawValue)
            try mesh.send(
              step: StepID(instruction: round, chunk: part), to: mesh.next(offset),
              bytes: [UInt8](repeating: byte, count: 700 + 400 * (part % 4)))
          }
        }
        try mesh.flush()
        for part in 0..<20 {
          for offset in 1..<mesh.count {
            let from = mesh.next(offset)
            let got = try mesh.take(
              700 + 400 * (part % 4), step: StepID(instruction: round, chunk: part), from: from)
            same = same && got.allSatisfy { $0 == UInt8(part * 8 + from.rawValue) }
          }
        }
      }
      return same
    }
    #expect(try results.partyValues().allSatisfy { $0 })
  }

  /// Sizes around those whose buffers are used again, growing and shrinking, under a bound that keeps some.
  @Test(arguments: [1 << 16, 300_000, 64 << 20]) func recycledBuffersCarryTheirOwnMessage(bound: Int) throws {
    let sizes = [65_535, 65_536, 65_537, 200_000, 131_072, 100_000, 99_999, 0, 400_000, 70_000, 210_000]
    let network = InMemoryNetwork(count: 3, options: InMemoryOptions(bytesPerLink: bound))
    let results = runParties(network) { mesh -> Bool in
      var same = true
      for i in 0..<66 {
        let size = sizes[i % sizes.count]
        let mine = UInt8(i * 3 + mesh.local.rawValue)
        try mesh.send(step: step(i), to: mesh.next(), bytes: [UInt8](repeating: mine, count: size))
        let got = try mesh.take(size, step: step(i), from: mesh.next(-1))
        same = same && got == [UInt8](repeating: UInt8(i * 3 + mesh.next(-1).rawValue), count: size)
      }
      return same
    }
    #expect(try results.partyValues().allSatisfy { $0 })
  }

  @Test func oneMessageMayExceedTheBound() throws {
    let network = InMemoryNetwork(count: 2, options: InMemoryOptions(bytesPerLink: 16))
    let results = runParties(network) { mesh -> Int in
      if mesh.local.rawValue == 0 {
        try mesh.send(step: step(1), to: mesh.next(), bytes: [UInt8](repeating: 9, count: 1 << 20))
        return 0
      }
      return try mesh.take(1 << 20, step: step(1), from: mesh.next()).count
    }
    #expect(try results.partyValues() == [0, 1 << 20])
  }

  @Test func fullLinkBlocksItsSenderWhileTheReceiverRuns() throws {
    let network = InMemoryNetwork(count: 2, options: InMemoryOptions(bytesPerLink: 100))
    let sentAll = Flag()
    let results = runParties(network) { mesh -> Bool in
      if mesh.local.rawValue == 0 {
        for i in 0..<3 { try mesh.send(step: step(i), to: mesh.next(), bytes: [UInt8](repeating: 1, count: 60)) }
        sentAll.set()
        return true
      }
      let blocked = eventually { network.meshes[0].waitingOn?.need == .room }
      let seen = network.meshes[0].waitingOn
      let early = sentAll.isSet
      for i in 0..<3 { _ = try mesh.take(60, step: step(i), from: mesh.next()) }
      return blocked && !early && seen?.party == mesh.local && seen?.step == step(1)
    }
    #expect(try results.partyValues() == [true, true])
    #expect(network.meshes[0].waitingOn == nil)
  }

  @Test func blockedSendRunsOutOfPatience() throws {
    let network = InMemoryNetwork(
      count: 2, options: InMemoryOptions(patience: .milliseconds(50), bytesPerLink: 100))
    let done = Flag()
    let results = runParties(network) { mesh in
      guard mesh.local.rawValue == 0 else {
        #expect(eventually { done.isSet })
        return
      }
      defer { done.set() }
      try mesh.send(step: step(1), to: mesh.next(), bytes: [UInt8](repeating: 1, count: 60))
      try mesh.send(step: step(2), to: mesh.next(), bytes: [UInt8](repeating: 1, count: 60))
    }
    let error = failure(results[0])
    #expect(error.code == .timeout)
    #expect(error.message == "what was sent was not taken within 0.05 seconds")
    #expect(error.origin == .init(PartyIndex(1), step(2)))
  }

  @Test func timeoutNamesPartyStepAndTime() throws {
    let network = InMemoryNetwork(count: 2, options: InMemoryOptions(patience: .milliseconds(50)))
    let done = Flag()
    let results = runParties(network) { mesh in
      guard mesh.local.rawValue == 0 else {
        #expect(eventually { done.isSet })
        return
      }
      defer { done.set() }
      _ = try mesh.take(1, step: step(7), from: PartyIndex(1))
    }
    let error = failure(results[0])
    #expect(error.code == .timeout)
    #expect(error.message == "no message of step-7 came within 0.05 seconds")
    #expect(error.origin == .init(PartyIndex(1), step(7)))
    #expect("\(error)".hasPrefix("P1, step-7: "))
    #expect(error.remedy?.contains("is running") == true)
  }

  @Test func waitingIsVisibleFromOutside() throws {
    let network = InMemoryNetwork(count: 2)
    let results = runParties(network) { mesh -> String in
      if mesh.local.rawValue == 0 {
        _ = try mesh.take(1, step: StepID(instruction: 4, iteration: 2, sub: 1), from: mesh.next())
        return ""
      }
      #expect(eventually { network.meshes[0].waitingOn != nil })
      let report = network.stallReport.description
      try mesh.send(step: StepID(instruction: 4, iteration: 2, sub: 1), to: mesh.next(), bytes: [1])
      return report
    }
    #expect(try results.partyValues()[1] == "P0 waits for P1 at step-4.2/1")
    #expect(network.stallReport.lines.isEmpty)
  }
}
