/// Kinds of business that common words and names of chains stand for, so that what was learned of one filling station
/// helps with a chain that was never seen. General knowledge, not taken from anybody's books: it says what "kfc" is, never
/// how it is to be booked.
enum Kinds {
    /// Names of one to three words with the numbers of their kinds.
    static let byName: [UInt64: [UInt8]] = {
        var kinds: [UInt64: [UInt8]] = [:]
        for (number, line) in table.split(separator: "\n").enumerated() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            for name in line[line.index(after: colon)...].split(separator: ",") {
                var features = Features()
                let words = features.wordHashes(of: String(name))
                kinds[Features.combined(words[...]), default: []].append(UInt8(number))
            }
        }
        return kinds
    }()

    static let longest = 3

    /// A kind a line, its names parted by commas. The order is part of what a trained model means.
    private static let table = """
        fuel: shell,esso,bp,texaco,jet,gulf,murco,total,petrol,fuel,fuels,filling station,service station,garage,gasolinera,\
        gasolina,chevron,exxon,mobil,delta,puma energy,uno,diesel,derv,gleaner,harvest energy,applegreen,rontec,mfg,\
        motor fuel,euro garages,eg group,forecourt,petroleum,sinclair,valero,conoco,repsol,galp,cepsa,q8,combustible,\
        combustibles,servicentro,estacion de servicio,recope,svc stn,stn,serv stn,petrol stn
        supermarket: tesco,sainsbury,sainsburys,asda,morrison,morrisons,aldi,lidl,waitrose,iceland,co op,coop,cooperative,\
        co operative,budgens,spar,costcutter,londis,nisa,booths,farmfoods,ocado,grocery,groceries,grocer,grocers,supermarket,\
        supermarkets,superstore,superstores,s mkt,s mkts,smkt,smkts,food store,food stores,foodstore,hypermarket,walmart,\
        automercado,auto mercado,mas x menos,maxi pali,pali,megasuper,mega super,pricesmart,super,supermercado,mercado,minisuper,\
        pulperia,abarrotes,kroger,safeway,publix,whole foods,trader joes,carrefour,costco,makro,booker,bestway,cash and carry,\
        cash carry,wholesale,netto,haldanes,mccolls,mccoll,premier stores,one stop,happy shopper,mini market,minimarket,\
        food centre,heron foods,fulton foods,jack fultons,m s simply,simply food,ms simply food,pearl,js online,convenience
        discount: b&m,b m,home bargains,poundland,poundstretcher,poundworld,wilko,wilkinson,wilkinsons,wilkos,bargains,bargain,\
        bargain buys,99p,99p stores,poundshop,pound shop,discount,boyes,quality save,the range,range,tj morris,t j morris,savers,\
        dollar,dollar tree,dollar general,family bargains,pound,poundbakery,the works,flying tiger,tiger,qd stores,tk maxx,\
        t k maxx,tkmaxx,matalan,primark,trago,yorkshire trading,tiendas,almacen
        department: argos,john lewis,debenhams,house of fraser,marks,m&s,m s,marks&spencer,marks spencer,bhs,littlewoods,selfridges,\
        harrods,fenwick,beales,sears,macys,target,woolworths,very co uk,studio,freemans,shop direct,home retail,fortnum,siman,\
        liberty,browns,rackhams,harvey nichols
        diy: b&q,b q,screwfix,wickes,homebase,toolstation,travis perkins,jewson,jewsons,selco,buildbase,plumb center,plumb centre,\
        plumbase,howdens,builders,builders merchant,builders merchants,building supplies,timber,timbers,diy,hardware,ironmonger,\
        ironmongers,tool,tools,toolbox,fixing,fixings,fasteners,bolts,paint,paints,dulux,crown paints,johnstones,tile,tiles,\
        topps tiles,tile giant,epa,ferreteria,construplaza,el lagar,home depot,lowes,ace hardware,robert dyas,huws gray,mkm,\
        plumbing,plumb,plumbers,heating,electrical,electricals,electric,electrics,city electrical,edmundson,rexel,wholesalers,\
        cef,yesss,denmans,wolseley,keyline,ridgeons,grafton,glass,glazing,glaziers,lumber,bricks,concrete,cement,aggregate,\
        aggregates,plaster,insulation,roofing,doors,windows,locks,locksmith,locksmiths,keys,padlocks,key cutting,timpson,\
        sealants,drainage,fencing,materiales,joinery,carpentry,machine mart,arco,rs components,farnell,cromwell,bearings,\
        hose,hydraulics,welding,steel,metals,metal,engineering,brewers,leyland
        fastfood: mcdonald,mcdonalds,mc donalds,kfc,burger king,subway,greggs,dominos,domino,pizza hut,papa johns,nandos,five guys,\
        wimpy,pizza,burger,burgers,kebab,kebabs,fried chicken,chicken,chippy,fish chips,fish and chips,fisheries,fish bar,\
        takeaway,take away,taco bell,wendys,popeyes,dunkin,krispy kreme,cooplands,pret,pret a manger,eat,itsu,wasabi,leon,\
        sandwich,sandwiches,subs,bagel,deli,delicatessen,bakery,bakers,baker,bakes,pound bakery,warburtons,cornish bakery,pasty,\
        west cornwall,donut,doughnut,just eat,deliveroo,uber eats,ubereats,rappi,panaderia,pizzeria,chick fil a,chipotle,\
        upper crust,drive thru,dt
        cafe: starbucks,costa,caffe,cafe,nero,caffe nero,coffee,coffee shop,coffeehouse,espresso,tea room,tearooms,tea rooms,\
        tearoom,pumpkin,puccinos,muffin break,amt,esquires,cafeteria,soda,cafetin,ritazza,boston tea,teashop,coffe
        restaurant: restaurant,restaurants,rest,bistro,brasserie,grill,diner,steakhouse,steak,carvery,buffet,pizza express,\
        pizzaexpress,prezzo,zizzi,ask italian,bella italia,frankie bennys,frankie,frankies,tgi,tgi fridays,harvester,toby,\
        toby carvery,brewers fayre,beefeater,table table,wagamama,chiquito,las iguanas,cafe rouge,carluccios,wahaca,yo sushi,\
        sushi,noodle,noodles,thai,indian,tandoori,balti,curry,spice,spices,chinese,oriental,italian,ristorante,trattoria,tapas,\
        giraffe,gourmet,kitchen,kitchens,eatery,dining,cantina,marisqueria,churrasqueria,restaurante,loch fyne,byron,gbk,\
        turtle bay,cosmo,pan asian,jimmys,chimichanga,strada,gourmet burger,ed s,eds easy,denny,dennys,applebees
        pub: inn,pub,arms,tavern,bar,bars,wetherspoon,wetherspoons,j d wetherspoon,jd wetherspoon,brewery,brewing,ale,ales,beer,\
        beers,wine,wines,vintners,greene king,marstons,mitchells butlers,mitchells,hungry horse,sizzling,crown,fox,swan,\
        red lion,white hart,kings head,queens head,plough,hounds,horseshoe,oneills,slug lettuce,all bar one,stonehouse,\
        ember inns,chef brewer,vintage inns,bowling green,off licence,majestic,oddbins,liquor,licores,cerveceria
        hotel: hotel,hotels,premier inn,premier,travelodge,holiday inn,ibis,hilton,marriott,novotel,mercure,jurys,jurys inn,\
        ramada,radisson,best western,days inn,britannia,hampton,doubletree,crowne plaza,thistle,sheraton,hyatt,copthorne,\
        millennium,park inn,intercontinental,accor,campanile,village hotel,de vere,macdonald,lodge,lodges,guest house,guesthouse,\
        hostel,yha,hostels,accommodation,accom,b&b,bed and breakfast,booking com,booking,expedia,hotels com,laterooms,lastminute,\
        trivago,airbnb,agoda,motel,resort,suites,apartments,apartment,apart,point a,easyhotel,z hotel,hostal,cabinas,butlins,\
        center parcs,centre parcs,haven,caravan,caravans,campsite,camping,camp site,holiday park,holiday,holidays,hoseasons
        rail: rail,railway,railways,trains,train,trainline,thetrainline,the trainline,northern rail,virgin trains,east coast,\
        lner,gner,grand central,transpennine,tpe,crosscountry,cross country,first great western,gwr,south west trains,southern,\
        southeastern,thameslink,london midland,west midlands trains,chiltern,avanti,greater anglia,east midlands,scotrail,\
        arriva trains,tfw,eurostar,amtrak,redspottedhanky,raileasy,metrolink,tram,tramway,megatrain,hull trains,c2c,lnwr,\
        merseyrail,network rail,tfl,lul,underground,oyster,tube,metro,incofer,station
        bus: bus,buses,coach,coaches,stagecoach,national express,megabus,arriva,first bus,firstgroup,first west yorkshire,\
        transdev,yorkshire tiger,nexus,go ahead,travel west midlands,nx,greyhound,minibus,mini bus,autobuses,busaway,dayrider,\
        travel card,travelcard,swift card,busco
        taxi: taxi,taxis,cab,cabs,minicab,uber,lyft,didi,cabify,addison lee,hackney,private hire,radio cars,gett,kapten,bolt,\
        mytaxi,free now,curb,limo,limousine,chauffeur,tx,city cars
        air: airways,airlines,airline,air,ryanair,easyjet,british airways,flybe,jet2,jet 2,emirates,lufthansa,klm,air france,\
        aer lingus,thomson,tui,thomas cook,monarch,wizz,wizzair,norwegian,virgin atlantic,american airlines,delta air,united,\
        iberia,copa,avianca,sansa,volaris,jetblue,airport,airports,heathrow,gatwick,manchester airport,stansted,opodo,\
        skyscanner,travel,travels,travel agent,travel agents,trailfinders,sta travel,flight,flights,aeropuerto,turkish,qatar
        parking: parking,park,car park,car parks,carpark,carparks,ncp,q park,qpark,ringgo,ring go,paybyphone,pay by phone,\
        parkmobile,park mobile,justpark,euro car parks,apcoa,indigo,cp plus,just park,mipermit,phoneandpay,horizon parking,\
        excel parking,britannia parking,airport parking,purple parking,parqueo,estacionamiento,park ride,pay display,saba
        carhire: car hire,hertz,avis,europcar,enterprise,enterprise rent,budget,sixt,thrifty,van hire,vehicle hire,car rental,\
        rent a car,rent car,self drive,northgate,alamo,zipcar,car club,easirent,arnold clark,salford van hire,adobe rent
        vehicle: halfords,kwik fit,kwikfit,ats,euromaster,tyre,tyres,tires,mot,autocentre,auto centre,autocenter,autos,auto,\
        motor,motors,motoring,motorcycles,car,cars,vehicle,vehicles,van,vans,exhaust,exhausts,brakes,car wash,carwash,wash,valet,\
        valeting,hand car,imo,garages,mechanic,repuestos,llantera,euro car,eurocarparts,car parts,motor factors,autoparts,\
        dvla,driver,driving,dsa,dvsa,vosa,aa,rac,breakdown,recovery,ford,vauxhall,toyota,renault,volkswagen,mercedes,nissan,\
        peugeot,citroen,fiat,honda,commercials,truck,trucks,trailers,trailer,towbar,cycle,cycles,bike,bikes,evans cycles,\
        bicycle,bicycles,windscreen,windscreens,autoglass,bodyshop,bodywork,lubricants,tacho,batteries,battery
        toll: toll,tolls,congestion charge,tfl congestion,m6toll,m6 toll,m6,dart charge,dartcharge,crossing,bridge,peaje,ruta 27,\
        globalvia,humber bridge,mersey,tunnel,ferry,ferries,dfds,stena,p&o,brittany ferries
        clothing: next,clothing,clothes,clothiers,fashion,fashions,h&m,zara,gap,new look,topshop,river island,dorothy perkins,\
        peacocks,george,asos,boohoo,uniqlo,burton,bonmarche,evans,jd sports,sports direct,sportsdirect,jjb,footlocker,nike,\
        adidas,schuh,clarks,shoe,shoes,shoezone,shoe zone,barratts,footwear,boots uk shoes,uniform,uniforms,schoolwear,workwear,\
        protective clothing,embroidery,tailor,tailors,menswear,kids,mothercare,mamas papas,baby,babies,ropa,zapateria,brantano,\
        deichmann,office shoes,millets,blacks,go outdoors,mountain warehouse,trespass,cotswold outdoor,outdoor,outdoors,regatta,\
        decathlon,jacamo,simply be,slater,moss bros,mens,ladies,lingerie,bra,knitwear,wool,textile,textiles,fabric,fabrics,\
        haberdashery,curtains,curtain,blinds,dunelm,dunelm mill,linens,linen,bedding,ponden
        book: book,books,bookshop,bookshops,bookstore,bookseller,booksellers,waterstones,waterstone,blackwell,blackwells,foyles,\
        wh smith,whsmith,wh smiths,w h smith,smiths news,scholastic,oxford university press,cambridge university press,penguin,\
        pearson,hodder,usborne,publishing,publications,publisher,publishers,press,magazine,magazines,magazine subscription,\
        newsagent,newsagents,news,newspaper,newspapers,times,guardian,telegraph,library,libraries,abebooks,wordery,\
        book depository,worldofbooks,readers,reading,twinkl,tts,ypo,collins,harper,routledge,wiley,elsevier,springer,libreria,\
        comics,forbidden planet,subscription,subscriptions,subs,economist,spectator,which,dandelion
        online: amazon,amzn,mktplce,marketplace,mktp,ebay,etsy,aliexpress,alibaba,wish,paypal,online,www,com,web,internet,izettle,\
        sumup,sq,shopify,groupon,gumtree,not on the high,wowcher,worldpay,stripe,webstore,direct,mail order
        electronics: currys,curry s,pc world,pcworld,dixons,maplin,apple,apple store,ebuyer,dabs,scan computers,overclockers,\
        laptopsdirect,laptops direct,dell,hp,hewlett,lenovo,samsung,sony,microsoft,computer,computers,computing,software,it,\
        electronics,electronic,phone,phones,carphone,carphone warehouse,richer sounds,jessops,camera,cameras,photo,photos,\
        photographic,tv,audio,hifi,game,games,gamestop,cex,gaming,playstation,xbox,nintendo,steam,ink,toner,cartridge,cartridges,\
        printer,usb,memory,best buy,gollo,monge,importadora,appliances,appliance,ao com,ao,appliances online,hughes,euronics,\
        misco,insight,novatech,viking computing,cpc,rapid electronics,technology,technologies,tech,cable,cables
        digital: itunes,itunes com,itunes com bill,google,google play,spotify,netflix,adobe,dropbox,zoom,mailchimp,surveymonkey,\
        facebook,facebk,linkedin,twitter,eventbrite,hosting,godaddy,123 reg,1and1,1&1,ionos,fasthosts,domain,domains,heart,\
        heart internet,wordpress,wix,squarespace,github,aws,azure,office 365,skype,app store,appstore,kindle,digital,dwnlds,\
        downloads,download,prezi,canva,istock,shutterstock,getty,hootsuite,cloud,norton,mcafee,licence,licences,license,licensing
        telecom: bt,british telecom,vodafone,o2,ee,three,orange,t mobile,tmobile,talktalk,sky,virgin media,giffgaff,tesco mobile,\
        lebara,lyca,lycamobile,kcom,telecom,telecoms,telecommunications,mobile,mobiles,broadband,topup,top up,kolbi,ice,movistar,\
        claro,liberty,tigo,cabletica,att,verizon,plusnet,daisy,tv licence,tv licensing,bill payment
        stationery: staples,ryman,rymans,viking,office depot,office,lyreco,paperchase,stationery,stationers,stationary,paper,\
        envelopes,cards,card factory,cardfactory,clinton,clintons,clinton cards,card,card shop,greetings,paper mill,banner,euroffice,\
        labels,label,pens,supplies,laminating,laminator,ink,banner business,uk office,office supplies,libreria,hobbycraft,craft,\
        crafts,baker ross,yellow moon,art,arts,artist,artists,cass art,great art,gompels,consortium,party,parties,balloons,\
        balloon,fancy dress,partytime
        print: print,printing,printers,prints,prontaprint,vistaprint,snapfish,moo,photobox,signs,sign,signage,signworks,banners,\
        design,designs,advertising,advert,adverts,marketing,media,promotional,promotions,leaflet,leaflets,badges,trophy,trophies,\
        engraving,engravers,graphics,graphic,litho,copy,copies,copying,kall kwik,reprographics,imprenta,lettering,vinyl,stamps
        post: post office,royal mail,royalmail,parcelforce,parcel,parcels,dhl,fedex,ups,hermes,yodel,dpd,tnt,courier,couriers,\
        postage,post,mail,postal,mail boxes,interparcel,parcel2go,collect plus,freight,haulage,delivery,correos,po counter,\
        post offic,removals,removal,storage,self storage,big yellow,safestore
        toys: toys,toy,toys r us,toysrus,smyths,the entertainer,entertainer,early learning,elc,lego,hamleys,build a bear,disney,\
        toymaster,play,playgroup,jugueteria,hobby,hobbies,models,model shop,games workshop,bouncy,inflatables,sensory
        home: ikea,furniture,furnishings,furnishing,bed,beds,bensons,dreams,dfs,scs,harveys,carpet,carpets,carpetright,flooring,\
        floors,rugs,sofa,sofas,homeware,homewares,home,homes,interiors,lighting,lights,lamps,laura ashley,habitat,dunelm,\
        homesense,home sense,tapi,upholstery,antiques,cookware,lakeland,nisbets,catering equipment,catering supplies,kitchenware,\
        hamper,muebles,oak furniture,bathroom,bathrooms,bathstore,mattress,british heart,bhf,emmaus,secondhand,second hand
        garden: garden,gardens,gardening,garden centre,gardencentre,garden center,nursery,nurseries,wyevale,dobbies,notcutts,\
        plants,plant,flower,flowers,florist,florists,floral,interflora,seeds,seed,thompson morgan,suttons,horticulture,\
        horticultural,trees,tree,turf,compost,lawn,landscape,landscaping,landscapes,mower,mowers,lawnmower,arboretum,\
        agriculture,agricultural,agricultura,farm,farms,country store,mole valley,tractor,groundcare,allotment,orchard,vivero,\
        floristeria,bouquet
        pets: pets,pet,pets at home,pet shop,petco,petsmart,vet,vets,veterinary,vets4pets,animal,animals,aquatics,aquarium,\
        kennels,cattery,rspca,dogs,dog,cats,equine,feed,feeds,saddlery,equestrian,veterinaria,zooplus,jollyes,fish
        pharmacy: pharmacy,pharmacies,pharm,chemist,chemists,boots,superdrug,lloyds pharmacy,lloydspharmacy,rowlands,well,\
        cohens,day lewis,drug,drugs,drugstore,cvs,walgreens,farmacia,fischel,sucre,medicine,medicines,cosmetics,toiletries,\
        beauty,body shop,lush,bodycare,perfume,fragrance,holland barrett,holland&barrett,health food,vitamins,health foods
        medical: medical,health,healthcare,clinic,hospital,hospitals,nhs,doctor,doctors,dr,surgery,dental,dentist,dentists,\
        orthodontic,optician,opticians,specsavers,vision express,optical,optic,optica,eyecare,physio,physiotherapy,therapy,\
        therapies,counselling,counsellor,psychology,care,nursing,mobility,disability,hearing,laboratorio,medico,clinica,first aid,\
        st john,st johns,red cross,british red,surgical,ambulance,laboratory,diagnostics,autism,dementia,wellbeing,occupational
        beauty: hair,hairdresser,hairdressers,hairdressing,barber,barbers,salon,nails,nail,spa,tanning,tan,massage,stylist,\
        peluqueria,barberia,toni guy,supercuts,regis,beautician,waxing,tattoo
        sport: gym,fitness,leisure,leisure centre,sport,sports,football,fc,afc,rugby,rufc,rlfc,cricket,golf,tennis,swimming,\
        swim,pool,pools,climbing,bowling,bowl,bowls,tenpin,hollywood bowl,amf,superbowl,ice skating,ice rink,skating,ski,karting,\
        go kart,paintball,laser,laser quest,trampoline,jump,gravity,flip out,athletics,boxing,martial,dance,dancing,yoga,\
        riding,stables,fishing,angling,outdoor centre,activity,activities,adventure,adventures,go ape,puregym,david lloyd,\
        sailing,canoe,watersports,snooker,club,clubs,gimnasio,soccer,goals,sportswear,racing,racecourse
        leisure: cinema,cinemas,odeon,cineworld,vue,showcase,showcase cinemas,empire,reel,film,films,movie,movies,theatre,theatres,\
        theater,playhouse,hippodrome,opera,ballet,concert,music,musical,symphony,ticketmaster,ticket,tickets,ticketing,see tickets,\
        seetickets,eventim,atg,gigs,festival,festivals,arena,nec,bingo,mecca,gala,casino,ladbrokes,william hill,betting,lottery,\
        cine,teatro,entertainment,entertainments,box office,events,event,academy music,disco
        attraction: museum,museums,gallery,galleries,zoo,safari,wildlife,theme park,alton towers,legoland,drayton manor,flamingo,\
        flamingo land,lightwater,lightwater valley,thorpe,chessington,blackpool,pleasure beach,sea life,sealife,sea,merlin,madame,\
        tussauds,warwick castle,castle,castles,english heritage,national trust,heritage,hall,abbey,cathedral,minster,tower,\
        cadbury world,think tank,thinktank,science,eureka,magna,discovery,farm park,deep,yorkshire wildlife,planetarium,parque,\
        museo,tropical,visitor,visitors centre,visitor centre,tour,tours,tourism,boat trips,cruises,cruise,steam railway,\
        donkey,gulliver,gullivers,soft play,playcentre,wacky,warehouse,play barn,funfair,fun,magic
        school: school,schools,academy,college,colleges,university,universities,univ,education,educational,edu,teaching,teacher,\
        teachers,learning,training,trainer,course,courses,tuition,tutor,tutors,exam,exams,examination,assessment,institute,cipd,\
        cipfa,cipfa business,nvq,city guilds,ocr,aqa,edexcel,open university,pupil,pupils,student,students,nursery school,\
        childcare,childrens,children,child,primary,infant,junior,escuela,colegio,universidad,open college,ofqual,curriculum
        conference: conference,conferences,seminar,seminars,workshop,workshops,summit,expo,exhibition,exhibitions,forum,\
        convention,symposium,meeting,meetings,venue,venues,delegate,capita conferences,inside government,webinar
        government: gov,gov uk,government,govt,hmrc,council,councils,county,borough,mbc,bc,cc,bcc,district,city council,county council,\
        passport,passports,hm passport,passport office,registry,register,register office,gro,court,courts,hmcts,crown court,\
        county court,land registry,companies house,home office,dbs,crb,ukba,visa,visas,visa application,embassy,consulate,high commission,\
        immigration,police,fire,fire rescue,ministry,ministerio,municipalidad,tribunal,legal,legal aid,solicitor,solicitors,law,\
        lawyer,notary,planning portal,planning,electoral,dwp,dss,certificate,certificates,environment agency,defra,ico,\
        information commissioner,information commission,ordnance,ordnance survey,national archives,ccj,tax,fine,fines,statutory,hmpo
        association: association,assoc,society,soc,institute,institution,inst,royal,federation,union,trust,foundation,charity,\
        charities,charitable,church,churches,parish,diocese,ministries,scout,scouts,guides,scouting,membership,member,members,\
        chartered,guild,council for,unison,rotary,oxfam,barnardos,nspcc,age uk,mind,scope,salvation,hospice,cancer,cancer research,\
        relief,appeal,donation,donations,fund,fundraising,fundacion,asociacion,justgiving,national association,alliance,network
        professional: consulting,consultants,consultancy,consultant,services,service,srvs,svs,agency,agencies,recruitment,recruit,jobs,\
        staffing,employment,personnel,accountants,accounting,accountancy,audit,surveyors,surveyor,survey,surveys,architects,\
        architect,architecture,associates,partners,partnership,group,holdings,management,mgmt,solutions,systems,security,\
        securitas,g4s,guarding,alarm,alarms,cctv,interpreting,translation,translations,translators,interpreters,language,languages,\
        research,thomson reuters,thomsonreuters,lexis,experian,equifax,credit,adviser,advisory,professional,engineers,estate,estates,\
        lettings,letting,property,properties,housing,rent,rental,rentals,landlord,tenancy
        finance: bank,banking,barclays,lloyds,hsbc,natwest,santander,halifax,nationwide,insurance,insure,assurance,aviva,axa,zurich,\
        admiral,direct line,churchill,finance,financial,loan,loans,mortgage,atm,cash,withdrawal,cash withdrawal,fee,fees,charge,\
        charges,interest,commission,bureau,forex,currency,exchange,travelex,moneygram,western union,western,pension,investment,\
        banco,bac,scotiabank,seguros,ins,prepaid,gift,gift card,giftcard,voucher,vouchers,love2shop,highstreet vouchers,refund
        cleaning: cleaning,cleaners,cleaner,janitorial,hygiene,dry cleaning,dry cleaners,johnsons,launderette,laundry,laundrette,\
        launderama,waste,skip,skips,skip hire,recycling,recycle,biffa,veolia,suez,refuse,disposal,pest,rentokil,initial,cannon,\
        phs,cws,washroom,chemicals,chemical,bins,bin,septic,drain,drains,dyno,lavanderia,limpieza,sanitary,hydrochem
        utilities: gas,british gas,electricity,eon,e on,edf,npower,scottish power,scottishpower,sse,southern electric,powergen,ovo,energy,\
        power,water,yorkshire water,severn trent,thames water,united utilities,anglian water,npg,opus,utilita,payzone,paypoint,calor,\
        flogas,lpg,oil,heating oil,aya,cnfl,esph,jasec,coal,coals,logs,solar,sewerage,utility,utilities,haven power,meter
        hire: hire,hire services,plant hire,tool hire,hss,speedy,brandon,brandon hire,travis perkins hire,jewson hire,nationwide hire,\
        hire centre,hire shop,marquee,marquees,portable toilets,portaloo,access hire,platforms,scaffolding,scaffold,crane,cranes,\
        lifting,alquiler,lease,leasing,contract hire,gap group
        meat: butcher,butchers,meat,meats,poultry,carniceria,fishmonger,fishmongers,seafood,halal,fruit,fruits,fruiterer,veg,\
        vegetables,greengrocer,greengrocers,fresh,produce,dairy,dairies,milk,eggs,cheese,market,markets,farm shop,foods,food,\
        catering,caterers,cater,brakes bros,brake,bidvest,3663,bidfood,cake,cakes,sweets,sweet,chocolate,chocolates,thorntons,\
        confectionery,candy,ice cream,drinks,drink,water cooler,eden springs,vending,snacks,crisps,cooking,cookery,party food
        jewellery: jewellers,jeweller,jewellery,h samuel,ernest jones,goldsmiths,argento,pandora,watch,watches,claires,accessorize,\
        gifts,gift shop,souvenir,souvenirs,joyeria,swarovski,bags,luggage,leather,handbag,opticals
        music: musical instruments,guitar,guitars,piano,pianos,drums,dawsons,pmt,gear4music,gear,thomann,hmv,records,cd,dvd,dvds,\
        fopp,sheet music,musicroom,instruments,band,choir,orchestra,sound,lighting hire,stage
        """
}
