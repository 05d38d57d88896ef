import ParleyBase
import ParleyNetwork
import Testing

@Suite struct LinkProfileTests {
  @Test(arguments: [
    ("lan", LinkProfile.lan), ("wan", .wan), ("20ms,100Mbit", .wan), ("20 ms , 100 Mbit/s", .wan),
    ("0.125ms,10Gbit", .lan), ("125us,10Gbit", .lan), ("125µs,10000Mbit", .lan),
    ("0ns,1bit", LinkProfile(latency: .zero, bitsPerSecond: 1)),
    ("1.5s,0.5kbit", LinkProfile(latency: .milliseconds(1500), bitsPerSecond: 500)),
    ("3600s,1000Tbit", LinkProfile(latency: .seconds(3600), bitsPerSecond: 1_000_000_000_000_000)),
    ("20ms,100Mbit,0.5%", LinkProfile.wan.with(loss: 0.005)),
  ])
  func reads(text: String, expected: LinkProfile) throws {
    #expect(try LinkProfile(parsing: text) == expected)
    #expect(try LinkProfile(parsing: expected.description) == expected)
  }

  @Test(arguments: [
    "", "LAN", "20ms", "20ms,", ",100Mbit", "20ms,100Mbit,1%,2", "20,100Mbit", "20ms,100", "20ms,100MB",
    "-1ms,1Gbit",
    "1e3ms,1Gbit", "nanms,1Gbit", "1.2.3ms,1Gbit", ".ms,1Gbit", "3601s,1Gbit", "1ms,0bit", "1ms,1001Tbit",
    "1ms,1Gbit,100%",
    "1ms,1Gbit,0.5", "20ms;100Mbit", "1ms,1Gbit,", "9999999999999999999999999999999999ms,1Gbit", "１ms,1Gbit",
  ])
  func refuses(text: String) {
    let error = #expect(throws: ParleyError.self) { try LinkProfile(parsing: text) }
    #expect(error?.code == .usage)
    #expect(error?.message.hasPrefix("cannot read the network \"\(text)\": ") == true)
    #expect(error?.remedy?.contains("20ms,100Mbit") == true)
  }

  @Test func saysWhichPartIsWrong() {
    let latency = #expect(throws: ParleyError.self) { try LinkProfile(parsing: "20,100Mbit") }
    #expect(latency?.message.hasSuffix("\"20\" is not a latency with a unit of ns, us, ms or s") == true)
    let bandwidth = #expect(throws: ParleyError.self) { try LinkProfile(parsing: "20ms,100MB") }
    #expect(bandwidth?.message.contains("\"100MB\" is not a bandwidth") == true)
  }

  @Test func transmissionIsExact() {
    #expect(LinkProfile.lan.transmission(ofBytes: 1) == .nanoseconds(1) * 4 / 5)
    #expect(LinkProfile.wan.transmission(ofBytes: 1 << 40) == .nanoseconds(80) * (1 << 40))
    #expect(LinkProfile.wan.transmission(ofBytes: 0) == .zero)
  }
}
